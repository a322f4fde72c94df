using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Iml4e.LocalRuntime.Durable.Hosting;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Hosting.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>The page that shows the instances and their histories, what it polls, and what its buttons do.</summary>
internal sealed class ViewerEndpoints(ViewerReports reports)
{
    public const string Path = DurableManagementApi.BasePath + "/viewer";
    private const int MostInstances = 200;
    private const int MostWaiting = 100;
    private const int MostLanes = 500;
    private const int MostEvents = 500;

    public static void Map(IEndpointRouteBuilder endpoints, DurableManagementApi management)
    {
        var session = new ViewerSession(endpoints.ServiceProvider.GetRequiredService<FunctionKeys>());
        var reports = new ViewerReports(endpoints.ServiceProvider.GetRequiredService<LocalDurableTaskClient>().Engine);
        var viewer = new ViewerEndpoints(reports);
        var group = endpoints.MapGroup(Path);
        group.AddEndpointFilter(async (context, next) =>
        {
            var http = context.HttpContext;
            http.Response.Headers.XContentTypeOptions = "nosniff";
            http.Response.Headers["Referrer-Policy"] = "no-referrer";
            return session.Allows(http.Request) ? await next(context) : Results.StatusCode(StatusCodes.Status401Unauthorized);
        });
        group.MapGet("", (HttpContext http) =>
        {
            if (!session.IsFirst(http.Request))
                return ViewerAssets.Get(http.Response, "index.html");
            session.Begin(http);
            return Results.Redirect(Path);
        });
        group.MapGet("/{file}", (HttpContext http, string file) => ViewerAssets.Get(http.Response, file));
        group.MapGet("/api/instances", (HttpContext http) => viewer.List(http.Request));
        group.MapGet("/api/instances/{id}", (HttpContext http, string id) => viewer.Find(http.Request, id));
        group.MapGet("/api/instances/{id}/history", (HttpContext http, string id) => viewer.History(http.Request, id));
        group.MapGet("/api/instances/{id}/history/{sequence:int:min(0)}", (string id, int sequence) =>
            Shown(reports.Event(id, sequence), ViewerJson.Default.HistoryEntry));
        group.MapGet("/api/instances/{id}/payloads/{name}", (string id, string name) => reports.Payload(id, name) is { } payload
            ? Results.Text(payload, "text/plain; charset=utf-8")
            : Missing());
        group.MapGet("/api/waiting", (HttpContext http) => viewer.Waiting(http.Request));
        group.MapDelete("/api/instances/{id}", (string id) => management.PurgeAsync(id));
        group.MapPost("/api/instances/{id}/raiseEvent/{eventName}", (HttpContext http, string id, string eventName) =>
            management.RaiseAsync(http, id, eventName));
        group.MapPost("/api/instances/{id}/terminate", (string id, string? reason) => management.TerminateAsync(id, reason));
        group.MapPost("/api/instances/{id}/suspend", (string id, string? reason) => management.SuspendAsync(id, reason));
        group.MapPost("/api/instances/{id}/resume", (string id, string? reason) => management.ResumeAsync(id, reason));
        group.MapPost("/api/instances/{id}/rewind", (string id, string? reason) => management.RewindAsync(id, reason));
        group.MapPost("/api/instances/{id}/restart", (HttpContext http, string id) => management.RestartAsync(http, id, Restarted));
    }

    // The addresses that the management API gives here hold the key, which the page does not get.
    private static Task<IResult> Restarted(string id) =>
        Task.FromResult(Results.Json(new JsonObject { ["id"] = id }, statusCode: StatusCodes.Status202Accepted));

    private IResult List(HttpRequest request)
    {
        var query = new ManagementQuery(request);
        var filter = new InstanceFilter(query.Statuses("status"), query.Text("search"), query.Flag("roots", false));
        return Paged(() => Shown(
            reports.List(filter, query.Count("count", 50, 1, MostInstances), query.Text("after")), ViewerJson.Default.InstancePage));
    }

    private IResult Find(HttpRequest request, string id)
    {
        var query = new ManagementQuery(request);
        AttemptStatus? status = query.Text("lanes") switch
        {
            null => null,
            "open" => AttemptStatus.Open,
            "failed" => AttemptStatus.Failed,
            var other => throw new ParameterValueException("lanes", $"lanes is '{other}'; it must be open or failed."),
        };
        return Shown(
            reports.Find(id, new LaneFilter(status, query.Text("search")), query.Count("from", 0, 0, int.MaxValue), query.Count("count", 200, 1, MostLanes)),
            ViewerJson.Default.InstanceDetail);
    }

    private IResult History(HttpRequest request, string id)
    {
        var query = new ManagementQuery(request);
        return Shown(
            reports.History(id, query.Count("from", 0, 0, int.MaxValue), query.Count("count", 100, 1, MostEvents)), ViewerJson.Default.HistoryPage);
    }

    private IResult Waiting(HttpRequest request)
    {
        var query = new ManagementQuery(request);
        return Paged(() => Shown(reports.Waiting(query.Count("count", MostWaiting, 1, MostWaiting), query.Text("after")), ViewerJson.Default.WaitPage));
    }

    private static IResult Paged(Func<IResult> page)
    {
        try
        {
            return page();
        }
        catch (ArgumentException exception)
        {
            throw new ParameterValueException("after", "after is not what the page before gave.", exception);
        }
    }

    private static IResult Shown<T>(T? value, JsonTypeInfo<T> type)
        where T : class => value is null ? Missing() : Results.Json(value, type);

    private static IResult Missing() => Results.Problem("There is no such instance, or not that of it.", statusCode: StatusCodes.Status404NotFound);
}
