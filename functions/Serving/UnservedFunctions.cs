using Iml4e.Functions.OpenApi;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Serving;

/// <summary>Addresses below /v2 that nothing is served at, and verbs that an address does not answer, told as the protocol tells errors.</summary>
internal sealed class UnservedFunctions
{
    // "*" stands for one segment.
    private static readonly (string[] Path, string Allow)[] Served =
    [
        .. new (string Path, string Allow)[]
        {
            ("", "GET, HEAD"), ("health/live", "GET, HEAD"), ("health/ready", "GET, HEAD"), ("models/stats", "GET, HEAD"), ("models/*", "GET, HEAD"),
            ("models/*/ready", "GET, HEAD"), ("models/*/stats", "GET, HEAD"), ("models/*/versions/*", "GET, HEAD"), ("models/*/versions/*/ready", "GET, HEAD"),
            ("models/*/versions/*/stats", "GET, HEAD"), ("models/*/infer", "POST"), ("models/*/versions/*/infer", "POST"), ("repository/index", "POST"),
            ("repository/models/*/load", "POST"), ("repository/models/*/unload", "POST"),
        }.Select(served => (served.Path.Split('/', StringSplitOptions.RemoveEmptyEntries), served.Allow)),
    ];

    [Function("OipUnserved")]
    [Operation("Nothing is served here, or not with this verb.", Hidden = true)]
    public static IResult Unserved(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", "post", "put", "patch", "delete", "options", Route = "v2/{*path}")] HttpRequest request, string? path)
    {
        var segments = (path ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        foreach (var (served, allow) in Served)
        {
            if (served.Length == segments.Length && served.Zip(segments).All(pair => pair.First == "*" || pair.First.Equals(pair.Second, StringComparison.OrdinalIgnoreCase)))
                return ServingErrors.Unserved(allow);
        }

        return ServingErrors.Unserved(null);
    }
}
