using System.Net;
using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;

namespace Iml4e.CommandLine.Demo;

/// <summary>
/// What must hold after any number of kills: an intact audit chain, each promotion and registration told once, no prediction lost, no orchestration stuck.
/// </summary>
internal sealed class ChaosAudit(ApiClient api)
{
    private const int MostPages = 1000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan StuckAfter = TimeSpan.FromMinutes(3);
    private static readonly string[] OncePerVersion = ["Promoted", "ModelRegistered"];

    /// <summary>All violations found; empty when everything holds.</summary>
    public async Task<IReadOnlyList<string>> FindAsync(StoryState state, CancellationToken ct)
    {
        var violations = new List<string>();
        if (state.LostPredictions > 0)
            violations.Add(FormattableString.Invariant($"{state.LostPredictions} acknowledged predictions are unknown to the app"));
        violations.AddRange(await StuckAsync(ct));
        var chain = await GetAsync($"api/models/{Story.Model}/audit/verify", ct);
        if (!IsIntact(chain))
            violations.Add("the audit chain does not verify: " + chain.ToJsonString());
        var entries = await EntriesAsync(ct);
        violations.AddRange(Repeated(entries));
        violations.AddRange(Unregistered(await GetAsync($"api/models/{Story.Model}", ct), entries));
        return violations;
    }

    private static bool IsIntact(JsonNode answer) => Json.Truth(answer["intact"]) == true;

    private static IEnumerable<string> Repeated(IReadOnlyList<JsonNode> entries) =>
        from entry in entries
        let name = Json.Text(entry["event"])
        where OncePerVersion.Contains(name)
        let version = (Field(entry, "version") ?? Field(entry, "experimentId"))?.ToString()
        group entry by (name, version) into same
        where same.Count() > 1
        select FormattableString.Invariant($"the audit tells {same.Key.name} of version {same.Key.version} {same.Count()} times");

    private static JsonNode? Field(JsonNode entry, string name) => (entry["fields"] as JsonObject)?[name] ?? entry[name];

    private async Task<List<JsonNode>> EntriesAsync(CancellationToken ct)
    {
        var entries = new List<JsonNode>();
        long from = 1;
        for (var page = 0; page < MostPages; page++)
        {
            var answer = await GetAsync(FormattableString.Invariant($"api/models/{Story.Model}/audit?from={from}"), ct);
            var fresh = (answer["entries"] as JsonArray ?? []).OfType<JsonNode>().Where(e => Json.Number(e["seq"]) >= from).ToList();
            if (fresh.Count == 0)
                break;
            entries.AddRange(fresh);
            from = (long)fresh.Max(e => Json.Number(e["seq"]) ?? 0) + 1;
        }
        return entries;
    }

    private static IEnumerable<string> Unregistered(JsonNode model, IReadOnlyList<JsonNode> entries)
    {
        var versions = (model["versions"] as JsonArray ?? []).Select(v => (v as JsonObject)?["version"]?.ToString() ?? v?.ToString() ?? "").ToList();
        foreach (var same in versions.GroupBy(v => v).Where(g => g.Count() > 1))
            yield return $"version {same.Key} is in the registry {same.Count()} times";
        var told = entries.Where(e => Json.Text(e["event"]) == "ModelRegistered").Select(e => Field(e, "version")?.ToString()).ToHashSet();
        foreach (var version in versions.Where(v => !told.Contains(v)))
            yield return $"the audit does not tell of the registration of version {version}";
    }

    // With the traffic gone nothing new begins, and an experiment would wait for ever: it is stopped. Then all that runs must come to its end.
    private async Task<IEnumerable<string>> StuckAsync(CancellationToken ct)
    {
        var deadline = Environment.TickCount64 + (long)StuckAfter.TotalMilliseconds;
        while (true)
        {
            var open = await OpenInstancesAsync(ct);
            if (open.Count == 0)
                return [];
            if (Environment.TickCount64 > deadline)
                return open.Select(i => $"orchestration {i.Key} has not ended; it was touched last at {i.Value}");
            await StopExperimentAsync(ct);
            await Task.Delay(1000, ct);
        }
    }

    private async Task StopExperimentAsync(CancellationToken ct)
    {
        var status = await GetAsync($"api/pipelines/{Story.Model}/status", ct);
        if (Json.Text(status["experiment"]?["id"]) is not { } id)
            return;
        try
        {
            await api.SendJsonAsync(HttpMethod.Post, $"api/experiments/{id}/stop", new JsonObject { ["reason"] = "the story is over" }, null, ct);
        }
        catch (ApiException e) when (e.Status is HttpStatusCode.Conflict or HttpStatusCode.NotFound)
        {
            // It has ended by itself meanwhile.
        }
    }

    private async Task<Dictionary<string, string>> OpenInstancesAsync(CancellationToken ct)
    {
        var answer = await GetAsync("runtime/webhooks/durabletask/instances?runtimeStatus=Running,Pending", ct);
        var instances = new Dictionary<string, string>();
        foreach (var instance in answer as JsonArray ?? [])
        {
            if (Json.Text(instance?["instanceId"]) is { } id)
                instances[id] = instance!["lastUpdatedTime"]?.ToString() ?? "";
        }
        return instances;
    }

    private Task<JsonNode> GetAsync(string path, CancellationToken ct) => ApiClient.UntilAcknowledgedAsync(token => api.GetAsync(path, token), Patience, ct);
}
