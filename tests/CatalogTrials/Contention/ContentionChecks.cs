using System.Globalization;
using System.Text.Json.Nodes;
using Iml4e.Catalog;

namespace Iml4e.CatalogTrials.Contention;

/// <summary>Holds what the writers were told against what is in the catalogue.</summary>
internal sealed class ContentionChecks(CatalogStore store, IReadOnlyList<string[]> journal, List<string> problems)
{
    public async Task RunAsync(CancellationToken ct)
    {
        await VersionsAsync(ct);
        await MovesAsync(ct);
        await PartsAsync(ct);
        await RunsAsync(ct);
        await AuditAsync(ct);
        await DocumentsAsync(ct);
    }

    private IEnumerable<IGrouping<string, string[]>> Lines(string what) => journal.Where(l => l[0] == what).GroupBy(l => l[1], StringComparer.Ordinal);

    private async Task VersionsAsync(CancellationToken ct)
    {
        foreach (var model in Lines("version"))
        {
            var versions = (await store.Models.GetAsync(model.Key, ct))?.Versions.ToDictionary(v => v.Key, StringComparer.Ordinal) ?? [];
            foreach (var line in model)
            {
                if (!versions.TryGetValue(line[2], out var there) || there.Version != line[3] || there.Digest != line[4])
                    problems.Add($"lost update: model {model.Key} key {line[2]} was registered as version {line[3]}, and is {there?.Version ?? "not there"}");
            }

            // Every version was asked for by somebody who was told so: all writers lived to the end.
            foreach (var key in versions.Keys.Except(model.Select(l => l[2]), StringComparer.Ordinal))
                problems.Add($"foreign: model {model.Key} has a version of key {key} that nobody registered");
        }
    }

    private async Task MovesAsync(CancellationToken ct)
    {
        foreach (var model in Lines("move"))
        {
            var history = (await store.Models.AliasHistoryAsync(model.Key, ct)).ToDictionary(m => m.Sequence);
            foreach (var line in model)
            {
                var sequence = long.Parse(line[2], CultureInfo.InvariantCulture);
                if (!history.TryGetValue(sequence, out var move) || move.Alias != line[3] || move.To != line[4] || move.Actor != line[5])
                    problems.Add($"lost update: move {sequence} of model {model.Key} to {line[4]} by {line[5]} is not in its history");
            }

            foreach (var twice in model.GroupBy(l => l[2], StringComparer.Ordinal).Where(g => g.Count() > 1))
                problems.Add($"move {twice.Key} of model {model.Key} was acknowledged {twice.Count()} times");
        }
    }

    private async Task PartsAsync(CancellationToken ct)
    {
        foreach (var dataset in Lines("part"))
        {
            var versions = (await store.Datasets.GetAsync(dataset.Key, ct))?.Versions ?? [];
            var byKey = versions.ToDictionary(v => v.Key, StringComparer.Ordinal);
            foreach (var line in dataset)
            {
                if (!byKey.TryGetValue(line[2], out var there) || there.Version != line[3])
                    problems.Add($"lost update: data set {dataset.Key} key {line[2]} was version {line[3]}, and is {there?.Version ?? "not there"}");
            }

            if (versions.Count != dataset.Count())
                problems.Add($"data set {dataset.Key} has {versions.Count} versions; {dataset.Count()} were added");
            var newest = await store.Datasets.GetVersionAsync(dataset.Key, null, ct);
            var added = versions.Reverse().TakeWhile((v, i) => i == 0 || versions[^i].Parts > 1).Select(v => v.Key + ".csv").Reverse().ToArray();
            if (newest is not null && !newest.Parts.Select(p => p.Name).SequenceEqual(added))
                problems.Add($"the parts of data set {dataset.Key} are not those that were appended, in order");
        }
    }

    private async Task RunsAsync(CancellationToken ct)
    {
        var listed = new List<string>();
        string? next = null;
        do
        {
            var page = await store.Runs.ListAsync(new RunFilter(Kind: "train"), 500, next, ct);
            listed.AddRange(page.Runs.Where(r => r.Status == RunStatus.Completed && r.Outputs.Count == 1).Select(r => r.RunId));
            next = page.Next;
        }
        while (next is not null);
        var saved = journal.Where(l => l[0] == "run").Select(l => l[1]).Order(StringComparer.Ordinal).ToArray();
        if (!listed.Order(StringComparer.Ordinal).SequenceEqual(saved))
            problems.Add($"{saved.Length} runs were completed, {listed.Count} are listed so");
        foreach (var run in Lines("metric"))
        {
            var there = (await store.Runs.GetAsync(run.Key, ct))?.Metrics.Keys.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>();
            if (!there.SequenceEqual(run.Select(l => l[2]).Order(StringComparer.Ordinal)))
                problems.Add($"lost update: run {run.Key} does not have the metrics that were written");
        }
    }

    private async Task AuditAsync(CancellationToken ct)
    {
        foreach (var model in Lines("audit"))
        {
            var entries = new Dictionary<string, long>(StringComparer.Ordinal);
            await foreach (var entry in store.Audit.ReadAsync(model.Key, 1, ct))
            {
                if (!entries.TryAdd(entry.Key!, entry.Seq))
                    problems.Add($"audit: key {entry.Key} of model {model.Key} is there twice");
            }

            if (entries.Count != model.Count() || model.Any(l => entries.GetValueOrDefault(l[2]) != long.Parse(l[3], CultureInfo.InvariantCulture)))
                problems.Add($"audit: the log of model {model.Key} does not have the {model.Count()} entries that were acknowledged, under their numbers");
        }
    }

    private async Task DocumentsAsync(CancellationToken ct)
    {
        foreach (var document in Lines("change"))
        {
            var there = (await store.Documents.ReadAsync<JsonObject>(document.Key, ct))?.Value ?? [];
            var written = document.Select(l => l[2]).Append("count").Order(StringComparer.Ordinal);
            if (!there.Select(m => m.Key).Order(StringComparer.Ordinal).SequenceEqual(written) || there["count"]!.GetValue<int>() != document.Count())
                problems.Add($"lost update: document {document.Key} does not have the {document.Count()} changes that were made");
        }
    }
}
