using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;

namespace Iml4e.CommandLine.Demo;

/// <summary>What must hold after any number of kills: an intact audit chain, each promotion and registration told once, no prediction lost, no orchestration stuck.</summary>
internal sealed class ChaosAudit(ApiClient api)
{
    private const int MostPages = 1000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan StuckAfter = TimeSpan.FromSeconds(60);
    private static readonly string[] OncePerVersion = ["Promoted", "ModelRegistered", "ChallengerRegistered"];

    /// <summary>All violations found; empty when everything holds.</summary>
    public async Task<IReadOnlyList<string>> FindAsync(StoryState state, CancellationToken ct)
    {
        var violations = new List<string>();
        if (state.LostPredictions > 0)
            violations.Add(FormattableString.Invariant($"{state.LostPredictions} acknowledged predictions are unknown to the app"));
        var chain = await GetAsync($"api/models/{Story.Model}/audit/verify", ct);
        if (!IsIntact(chain))
            violations.Add("the audit chain does not verify: " + chain.ToJsonString());
        violations.AddRange(Repeated(await EntriesAsync(ct)));
        violations.AddRange(await VersionsAsync(ct));
        violations.AddRange(await StuckAsync(ct));
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

    private async Task<IEnumerable<string>> VersionsAsync(CancellationToken ct)
    {
        var model = await GetAsync($"api/models/{Story.Model}", ct);
        var versions = (model["versions"] as JsonArray ?? []).Select(v => (v as JsonObject)?["version"]?.ToString() ?? v?.ToString() ?? "").ToList();
        return versions.GroupBy(v => v).Where(g => g.Count() > 1).Select(g => $"version {g.Key} is registered {g.Count()} times");
    }

    // Watchers may live for ever: stuck is what is neither finished nor touched for a minute.
    private async Task<IEnumerable<string>> StuckAsync(CancellationToken ct)
    {
        var first = await OpenInstancesAsync(ct);
        var deadline = Environment.TickCount64 + (long)StuckAfter.TotalMilliseconds;
        while (Environment.TickCount64 < deadline)
        {
            var now = await OpenInstancesAsync(ct);
            foreach (var id in first.Keys.Where(id => !now.TryGetValue(id, out var touched) || touched != first[id]).ToList())
                first.Remove(id);
            if (first.Count == 0)
                break;
            await Task.Delay(500, ct);
        }
        return first.Select(i => $"orchestration {i.Key} is stuck since {i.Value}");
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
