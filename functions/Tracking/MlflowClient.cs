using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Jobs;

namespace Iml4e.Functions.Tracking;

/// <summary>Speaks to an MLflow tracking server (REST API 2.0). Nothing is made twice: a run that has the input's hash as a tag is gone on with.</summary>
/// <param name="http">With the server's address.</param>
/// <param name="time">Clock.</param>
internal sealed class MlflowClient(HttpClient http, TimeProvider time)
{
    private const int MostMetrics = 1_000;
    private const int MostParameters = 100;
    private const int MostTags = 100;
    private const string HashTag = "iml4e.inputHash";
    private const string Artefacts = "mlflow-artifacts:/";

    /// <summary>Logs a run, whole: what an earlier try has left undone is done.</summary>
    /// <param name="run">The run.</param>
    /// <param name="jobId">The job that it is of.</param>
    /// <param name="read">Reads a file by its digest.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>Id of the run on the server.</returns>
    /// <exception cref="MlflowException">The server refused, or is away.</exception>
    public async Task<string> LogAsync(TrackedRun run, string jobId, Func<string, CancellationToken, Task<byte[]>> read, CancellationToken ct)
    {
        var experiment = await ExperimentAsync(MlflowText.Name(run.Experiment), ct);
        var (id, artefacts, isDone) = await FindAsync(experiment, run.InputHash, ct) ?? await CreateAsync(experiment, run, jobId, ct);
        if (isDone)
            return id;
        await BatchesAsync(id, run, jobId, ct);
        if (artefacts.StartsWith(Artefacts, StringComparison.Ordinal))
        {
            foreach (var (name, digest) in run.Files)
                await UploadAsync(artefacts[Artefacts.Length..].TrimStart('/'), name, await read(digest, ct), ct);
        }

        await PostAsync("runs/update", new JsonObject { ["run_id"] = id, ["status"] = "FINISHED", ["end_time"] = Now() }, ct);
        return id;
    }

    private async Task<string> ExperimentAsync(string name, CancellationToken ct)
    {
        var path = $"experiments/get-by-name?experiment_name={Uri.EscapeDataString(name)}";
        if (await SendAsync(HttpMethod.Get, path, null, "RESOURCE_DOES_NOT_EXIST", ct) is { } found)
            return found["experiment"]!["experiment_id"]!.GetValue<string>();
        // Someone else may make it at the same moment.
        var created = await SendAsync(HttpMethod.Post, "experiments/create", new JsonObject { ["name"] = name }, "RESOURCE_ALREADY_EXISTS", ct);
        return created is not null
            ? created["experiment_id"]!.GetValue<string>()
            : (await SendAsync(HttpMethod.Get, path, null, null, ct))!["experiment"]!["experiment_id"]!.GetValue<string>();
    }

    private async Task<(string Id, string Artefacts, bool IsDone)?> FindAsync(string experiment, string hash, CancellationToken ct)
    {
        var found = await PostAsync("runs/search", new JsonObject
        {
            ["experiment_ids"] = new JsonArray(experiment), ["filter"] = $"tags.`{HashTag}` = '{hash}'", ["max_results"] = 1,
        }, ct);
        return found["runs"]?.AsArray() is [{ } run, ..] ? Of(run["info"]!) : null;
    }

    private async Task<(string Id, string Artefacts, bool IsDone)> CreateAsync(string experiment, TrackedRun run, string jobId, CancellationToken ct)
    {
        var created = await PostAsync("runs/create", new JsonObject
        {
            ["experiment_id"] = experiment, ["run_name"] = MlflowText.Name(run.RunName ?? jobId), ["start_time"] = Now(),
            ["tags"] = new JsonArray(Pair(HashTag, run.InputHash), Pair("iml4e.job", jobId)),
        }, ct);
        return Of(created["run"]!["info"]!);
    }

    // Metrics are added, whatever is there: in one order, and what a broken try may have written is asked for first.
    private async Task BatchesAsync(string id, TrackedRun run, string jobId, CancellationToken ct)
    {
        var there = (await SendAsync(HttpMethod.Get, $"runs/get?run_id={Uri.EscapeDataString(id)}", null, null, ct))!["run"]!["data"]?["metrics"]?.AsArray()
            .Select(m => m!["key"]!.GetValue<string>()).ToHashSet(StringComparer.Ordinal) ?? [];
        var now = Now();
        var metrics = run.Metrics.Select(m => (Key: MlflowText.Name(m.Key), m.Value)).DistinctBy(m => m.Key).Where(m => !there.Contains(m.Key)).ToList();
        foreach (var batch in metrics.Chunk(MostMetrics))
        {
            await LogBatchAsync(id, "metrics", batch.Select(m => (JsonNode)new JsonObject
            {
                ["key"] = m.Key, ["value"] = m.Value, ["timestamp"] = now, ["step"] = 0,
            }), ct);
        }

        foreach (var batch in run.Parameters.Select(p => (JsonNode)Pair(MlflowText.Name(p.Key), MlflowText.Value(p.Value))).Chunk(MostParameters))
            await LogBatchAsync(id, "params", batch, ct);
        // The files themselves too, for servers that take none.
        JsonNode[] tags =
        [
            Pair("iml4e.job", jobId), Pair("undefined_metrics", string.Join(", ", run.Undefined)),
            .. run.Files.Select(f => Pair(MlflowText.Name($"iml4e.file.{f.Key}"), f.Value)),
        ];
        foreach (var batch in tags.Chunk(MostTags))
            await LogBatchAsync(id, "tags", batch, ct);
    }

    private Task LogBatchAsync(string id, string kind, IEnumerable<JsonNode> items, CancellationToken ct) =>
        PostAsync("runs/log-batch", new JsonObject { ["run_id"] = id, [kind] = new JsonArray([.. items]) }, ct);

    private async Task UploadAsync(string folder, string name, byte[] content, CancellationToken ct)
    {
        using var body = new ByteArrayContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        var path = $"api/2.0/mlflow-artifacts/artifacts/{folder}/{Uri.EscapeDataString(name)}";
        using var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = body };
        await SendAsync(request, null, ct);
    }

    private async Task<JsonNode> PostAsync(string path, JsonObject body, CancellationToken ct) => (await SendAsync(HttpMethod.Post, path, body, null, ct))!;

    private async Task<JsonNode?> SendAsync(HttpMethod method, string path, JsonObject? body, string? expected, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, "api/2.0/mlflow/" + path);
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        return await SendAsync(request, expected, ct);
    }

    // Null where the server answers with the error that is expected.
    private async Task<JsonNode?> SendAsync(HttpRequestMessage request, string? expected, CancellationToken ct)
    {
        var what = $"{request.Method} {request.RequestUri}";
        try
        {
            using var answer = await http.SendAsync(request, ct);
            var text = await answer.Content.ReadAsStringAsync(ct);
            if (answer.IsSuccessStatusCode)
                return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text) ?? new JsonObject();
            if (expected is not null && text.Contains(expected, StringComparison.Ordinal))
                return null;
            var isPassing = answer.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || (int)answer.StatusCode >= 500;
            throw new MlflowException($"{what}: {(int)answer.StatusCode} {text[..Math.Min(text.Length, 300)]}", isPassing);
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !ct.IsCancellationRequested))
        {
            throw new MlflowException($"{what}: {e.Message}", isPassing: true, e);
        }
        catch (JsonException e)
        {
            throw new MlflowException($"{what}: the answer is no JSON", isPassing: true, e);
        }
    }

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private static (string, string, bool) Of(JsonNode info) => (
        info["run_id"]!.GetValue<string>(), info["artifact_uri"]?.GetValue<string>() ?? "", info["status"]?.GetValue<string>() == "FINISHED");

    private static JsonObject Pair(string key, string value) => new() { ["key"] = key, ["value"] = value };
}
