using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Iml4e.Tests.Integration.Tracking;

/// <summary>A tracking server over HTTP that keeps to MLflow's limits, and is in trouble when it is told to be.</summary>
internal sealed class MlflowServer : IAsyncDisposable
{
    private const int MostBytes = 1_000_000;
    private readonly WebApplication _app;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _experiments = new(StringComparer.Ordinal);

    private MlflowServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(k => k.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Map("{**path}", TakeAsync);
    }

    /// <summary>Its origin.</summary>
    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    /// <summary>Runs by id.</summary>
    public ConcurrentDictionary<string, MlflowRun> Runs { get; } = new(StringComparer.Ordinal);

    /// <summary>Calls so far, by the end of their paths.</summary>
    public ConcurrentDictionary<string, int> Calls { get; } = new(StringComparer.Ordinal);

    /// <summary>Decides which calls are answered with 503, by path and number of the call from 1: before anything is done, or after.</summary>
    public Func<string, int, Trouble> Fails { get; set; } = (_, _) => Trouble.None;

    /// <summary>Starts one on a free port.</summary>
    public static async Task<MlflowServer> StartAsync()
    {
        var server = new MlflowServer();
        await server._app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        using var content = new MemoryStream();
        await context.Request.Body.CopyToAsync(content);
        var name = path.StartsWith("/api/2.0/mlflow/", StringComparison.Ordinal) ? path["/api/2.0/mlflow/".Length..] : "artifacts";
        var trouble = Fails(name, Calls.AddOrUpdate(name, 1, (_, n) => n + 1));
        if (trouble == Trouble.Before)
        {
            context.Response.StatusCode = 503;
            return;
        }

        JsonNode? answer;
        int status;
        lock (_lock)
            (status, answer) = name == "artifacts" ? Upload(path, content.ToArray()) : Answer(name, context.Request.Query, content.ToArray());
        context.Response.StatusCode = trouble == Trouble.After ? 503 : status;
        await context.Response.WriteAsJsonAsync(trouble == Trouble.After ? null : answer);
    }

    private (int, JsonNode?) Answer(string name, IQueryCollection query, byte[] content)
    {
        if (content.Length > MostBytes)
            return Refused("INVALID_PARAMETER_VALUE", "larger than 1 MB");
        var body = content.Length == 0 ? new JsonObject() : JsonNode.Parse(content)!.AsObject();
        switch (name)
        {
            case "experiments/get-by-name":
                return _experiments.TryGetValue(query["experiment_name"].ToString(), out var known)
                    ? (200, new JsonObject { ["experiment"] = new JsonObject { ["experiment_id"] = known } })
                    : Refused("RESOURCE_DOES_NOT_EXIST", "no such experiment", 404);
            case "experiments/create":
                var title = (string)body["name"]!;
                return _experiments.TryAdd(title, $"{_experiments.Count + 1}")
                    ? (200, new JsonObject { ["experiment_id"] = _experiments[title] })
                    : Refused("RESOURCE_ALREADY_EXISTS", "there is one");
            case "runs/search":
                var wanted = ((string)body["filter"]!).Split('\'')[1];
                return (200, new JsonObject
                {
                    ["runs"] = new JsonArray([.. Runs.Values.Where(r => r.Tags.GetValueOrDefault("iml4e.inputHash") == wanted)
                        .Select(r => (JsonNode)new JsonObject { ["info"] = Info(r) })]),
                });
            case "runs/create":
                var run = new MlflowRun($"run{Runs.Count + 1}", (string)body["run_name"]!);
                foreach (var tag in body["tags"]!.AsArray())
                    run.Tags[(string)tag!["key"]!] = (string)tag["value"]!;
                Runs[run.Id] = run;
                return (200, new JsonObject { ["run"] = new JsonObject { ["info"] = Info(run) } });
            case "runs/get":
                var asked = Runs[query["run_id"].ToString()];
                var metrics = new JsonArray([.. asked.Metrics.Select(m => (JsonNode)new JsonObject { ["key"] = m.Key })]);
                return (200, new JsonObject { ["run"] = new JsonObject { ["info"] = Info(asked), ["data"] = new JsonObject { ["metrics"] = metrics } } });
            case "runs/log-batch":
                return Log(Runs[(string)body["run_id"]!], body);
            case "runs/update":
                Runs[(string)body["run_id"]!].Status = (string)body["status"]!;
                return (200, new JsonObject());
            default:
                return Refused("ENDPOINT_NOT_FOUND", name, 404);
        }
    }

    private static (int, JsonNode?) Log(MlflowRun run, JsonObject body)
    {
        JsonArray Items(string name) => body[name]?.AsArray() ?? [];
        if (Items("metrics").Count > 1_000 || Items("params").Count > 100 || Items("tags").Count > 100)
            return Refused("INVALID_PARAMETER_VALUE", "too many items");
        foreach (var item in Items("metrics").Concat(Items("params")).Concat(Items("tags")))
        {
            var key = (string)item!["key"]!;
            if (key.Length > 250 || key.Any(c => !(char.IsAsciiLetterOrDigit(c) || "_-. /".Contains(c, StringComparison.Ordinal))))
                return Refused("INVALID_PARAMETER_VALUE", $"the name {key}");
        }

        foreach (var metric in Items("metrics"))
            run.Metrics.Add(((string)metric!["key"]!, (double)metric["value"]!));
        foreach (var parameter in Items("params"))
        {
            var (key, value) = ((string)parameter!["key"]!, (string)parameter["value"]!);
            if (value.Length > 500 || (run.Parameters.TryGetValue(key, out var old) && old != value))
                return Refused("INVALID_PARAMETER_VALUE", $"the parameter {key}");
            run.Parameters[key] = value;
        }

        foreach (var tag in Items("tags"))
            run.Tags[(string)tag!["key"]!] = (string)tag["value"]!;
        return (200, new JsonObject());
    }

    private (int, JsonNode?) Upload(string path, byte[] content)
    {
        var parts = path.Split('/');
        Runs[parts[^3]].Files[Uri.UnescapeDataString(parts[^1])] = content;
        return (200, new JsonObject());
    }

    private static JsonObject Info(MlflowRun run) => new()
    {
        ["run_id"] = run.Id, ["status"] = run.Status, ["artifact_uri"] = $"mlflow-artifacts:/1/{run.Id}/artifacts",
    };

    private static (int, JsonNode?) Refused(string code, string message, int status = 400) =>
        (status, JsonSerializer.SerializeToNode(new { error_code = code, message }));
}
