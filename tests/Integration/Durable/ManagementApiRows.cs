namespace Iml4e.Tests.Integration.Durable;

/// <summary>
/// The rows of the management API, each with its answers. A path names the state of the instance that it is about in braces: <c>{running}</c> stands for the id
/// of a new running instance.
/// </summary>
internal static class ManagementApiRows
{
    private const string Json = "application/json";

    /// <summary>Every address once.</summary>
    public static readonly (string Method, string Path)[] Addresses =
    [
        ("POST", "/orchestrators/Greet"), ("POST", "/orchestrators/Greet/x"), ("GET", "/instances/x"), ("GET", "/instances"), ("DELETE", "/instances/x"),
        ("DELETE", "/instances?createdTimeFrom=2000-01-01"), ("POST", "/instances/x/raiseEvent/y"), ("POST", "/instances/x/terminate"),
        ("POST", "/instances/x/suspend"), ("POST", "/instances/x/resume"), ("POST", "/instances/x/rewind"), ("POST", "/instances/x/restart"),
    ];

    /// <summary>Method, path, body, content type and the status of the answer.</summary>
    public static readonly (string Method, string Path, string? Body, string? ContentType, int Status)[] Cases =
    [
        ("POST", "/orchestrators/Greet", null, null, 202),
        ("POST", "/orchestrators/greet", "\"Ada\"", Json, 202),
        ("POST", "/orchestrators/Greet", "\"Ada\"", "text/plain", 202),
        ("POST", "/orchestrators/Greet/{unknown}", "\"Ada\"", Json, 202),
        ("POST", "/orchestrators/Nobody", null, null, 400),
        ("POST", "/orchestrators/SayHello", null, null, 400),
        ("POST", "/orchestrators/Greet", "{not json", Json, 400),
        ("POST", "/orchestrators/Greet", "1 2", Json, 400),
        ("POST", "/orchestrators/Greet/a%23b", null, null, 400),
        ("POST", "/orchestrators/Greet/%40a%40b", null, null, 400),
        ("POST", "/orchestrators/WaitFor/{running}", null, null, 409),
        ("POST", "/orchestrators/WaitFor/{suspended}", null, null, 409),
        ("POST", "/orchestrators/WaitFor/{pending}", null, null, 409),
        ("POST", "/orchestrators/WaitFor/{done}", null, null, 202),
        ("POST", "/orchestrators/WaitFor/{failed}", null, null, 202),
        ("POST", "/orchestrators/WaitFor/{terminated}", null, null, 202),
        ("POST", "/orchestrators/Greet?timeout=30&pollingInterval=1", null, null, 200),
        ("POST", "/orchestrators/Greet?timeout=30", null, null, 202),
        ("POST", "/orchestrators/Fail?timeout=30&pollingInterval=1", null, null, 200),
        ("POST", "/orchestrators/Fail?timeout=30&pollingInterval=1&returnInternalServerErrorOnFailure=true", null, null, 500),
        ("POST", "/orchestrators/WaitFor?timeout=0.05&pollingInterval=1", null, null, 202),
        ("POST", "/orchestrators/Greet?timeout=long&pollingInterval=1", null, null, 400),
        ("POST", "/orchestrators/Greet?timeout=-1&pollingInterval=1", null, null, 400),
        ("POST", "/orchestrators/Greet?taskHub=HostTests&connection=AzureWebJobsStorage", null, null, 202),
        ("POST", "/orchestrators/Greet?taskHub=Other", null, null, 400),

        ("GET", "/instances/{pending}", null, null, 202),
        ("GET", "/instances/{running}", null, null, 202),
        ("GET", "/instances/{suspended}", null, null, 202),
        ("GET", "/instances/{done}", null, null, 200),
        ("GET", "/instances/{terminated}", null, null, 200),
        ("GET", "/instances/{failed}", null, null, 200),
        ("GET", "/instances/{failed}?returnInternalServerErrorOnFailure=false", null, null, 200),
        ("GET", "/instances/{failed}?returnInternalServerErrorOnFailure=true", null, null, 500),
        ("GET", "/instances/{terminated}?returnInternalServerErrorOnFailure=true", null, null, 200),
        ("GET", "/instances/{running}?returnInternalServerErrorOnFailure=true", null, null, 202),
        ("GET", "/instances/{unknown}", null, null, 404),
        ("GET", "/instances/{done}?showInput=perhaps", null, null, 400),
        ("GET", "/instances/{done}?showHistory=2", null, null, 400),
        ("GET", "/instances/{done}?taskHub=Other", null, null, 400),

        ("GET", "/instances", null, null, 200),
        ("GET", "/instances/", null, null, 200),
        ("GET", "/instances?runtimeStatus=Running,pending&createdTimeFrom=2020-01-01&createdTimeTo=2090-01-01T00:00:00Z&showInput=false", null, null, 200),
        ("GET", "/instances?top=5000", null, null, 200),
        ("GET", "/instances?runtimeStatus=Happy", null, null, 400),
        ("GET", "/instances?runtimeStatus=1", null, null, 400),
        ("GET", "/instances?createdTimeFrom=yesterday", null, null, 400),
        ("GET", "/instances?createdTimeTo=tomorrow", null, null, 400),
        ("GET", "/instances?top=0", null, null, 400),
        ("GET", "/instances?top=many", null, null, 400),
        ("GET", "/instances?showInput=1", null, null, 400),

        ("DELETE", "/instances/{done}", null, null, 200),
        ("DELETE", "/instances/{failed}", null, null, 200),
        ("DELETE", "/instances/{terminated}", null, null, 200),
        ("DELETE", "/instances/{running}", null, null, 200),
        ("DELETE", "/instances/{unknown}", null, null, 404),
        ("DELETE", "/instances", null, null, 400),
        ("DELETE", "/instances?createdTimeFrom=soon", null, null, 400),
        ("DELETE", "/instances?createdTimeFrom=2000-01-01&runtimeStatus=Happy", null, null, 400),
        ("DELETE", "/instances?createdTimeFrom=2090-01-01", null, null, 404),
        ("DELETE", "/instances?createdTimeFrom=2000-01-01&createdTimeTo=2001-01-01", null, null, 404),
        ("DELETE", "/instances?createdTimeFrom=2000-01-01&runtimeStatus=Running", null, null, 404),

        ("POST", "/instances/{running}/raiseEvent/number", "7", Json, 202),
        ("POST", "/instances/{running}/raiseEvent/NUMBER", "7", "application/json; charset=utf-8", 202),
        ("POST", "/instances/{pending}/raiseEvent/number", "7", Json, 202),
        ("POST", "/instances/{suspended}/raiseEvent/number", "7", Json, 202),
        ("POST", "/instances/{done}/raiseEvent/number", "7", Json, 410),
        ("POST", "/instances/{failed}/raiseEvent/number", "7", Json, 410),
        ("POST", "/instances/{terminated}/raiseEvent/number", "7", Json, 410),
        ("POST", "/instances/{unknown}/raiseEvent/number", "7", Json, 404),
        ("POST", "/instances/{running}/raiseEvent/number", "7", "text/plain", 400),
        ("POST", "/instances/{running}/raiseEvent/number", "7", "application/problem+json", 400),
        ("POST", "/instances/{running}/raiseEvent/number", "{", Json, 400),
        ("POST", "/instances/{running}/raiseEvent/number", "", Json, 400),
        ("POST", "/instances/{running}/raiseEvent/number", null, null, 400),
        ("POST", "/instances/{unknown}/raiseEvent/number", "{", "text/plain", 404),
        ("POST", "/instances/{done}/raiseEvent/number", "{", "text/plain", 410),

        .. Control("terminate"),
        .. Control("suspend"),
        .. Control("resume"),

        ("POST", "/instances/{failed}/rewind?reason=again", null, null, 202),
        ("POST", "/instances/{done}/rewind", null, null, 410),
        ("POST", "/instances/{terminated}/rewind", null, null, 410),
        ("POST", "/instances/{running}/rewind", null, null, 400),
        ("POST", "/instances/{suspended}/rewind", null, null, 400),
        ("POST", "/instances/{pending}/rewind", null, null, 400),
        ("POST", "/instances/{unknown}/rewind", null, null, 404),

        ("POST", "/instances/{done}/restart", null, null, 202),
        ("POST", "/instances/{failed}/restart?restartWithNewInstanceId=false", null, null, 202),
        ("POST", "/instances/{terminated}/restart?restartWithNewInstanceId=true", null, null, 202),
        ("POST", "/instances/{done}/restart?timeout=30&pollingInterval=1", null, null, 200),
        ("POST", "/instances/{running}/restart", null, null, 202),
        ("POST", "/instances/{running}/restart?restartWithNewInstanceId=false", null, null, 409),
        ("POST", "/instances/{unknown}/restart", null, null, 400),
        ("POST", "/instances/{done}/restart?restartWithNewInstanceId=perhaps", null, null, 400),
    ];

    private static IEnumerable<(string Method, string Path, string? Body, string? ContentType, int Status)> Control(string operation) =>
    [
        ("POST", $"/instances/{{running}}/{operation}?reason=because", null, null, 202),
        ("POST", $"/instances/{{suspended}}/{operation}", null, null, 202),
        ("POST", $"/instances/{{pending}}/{operation}", null, null, 202),
        ("POST", $"/instances/{{done}}/{operation}?reason=because", null, null, 410),
        ("POST", $"/instances/{{failed}}/{operation}", null, null, 410),
        ("POST", $"/instances/{{terminated}}/{operation}", null, null, 410),
        ("POST", $"/instances/{{unknown}}/{operation}", null, null, 404),
    ];
}
