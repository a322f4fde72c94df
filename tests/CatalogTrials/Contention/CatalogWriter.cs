using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Azure;
using Iml4e.Catalog;

namespace Iml4e.CatalogTrials.Contention;

/// <summary>One caller that writes whatever a catalogue takes, repeats under the same key what failed, and notes what it was told has been done.</summary>
internal sealed class CatalogWriter(CatalogStore store, Journal journal, string name, Random random)
{
    /// <summary>Models, data sets, documents and runs that all callers share.</summary>
    public const int Shared = 6;

    private const int MostAttempts = 100;

    /// <summary>One write of a kind chosen by chance.</summary>
    public Task WriteAsync(int number)
    {
        var (id, one) = (string.Create(CultureInfo.InvariantCulture, $"{name}-{number}"), random.Next(Shared));
        return random.Next(100) switch
        {
            < 20 => RegisterAsync(id, $"m{one}"),
            < 40 => MoveAsync(id, $"m{one}"),
            < 52 => AppendPartAsync(id, $"d{one}"),
            < 66 => RunAsync(id),
            < 74 => MeasureAsync(id, $"shared-{one}"),
            < 88 => AuditAsync(id, $"m{one}"),
            _ => ChangeAsync(id, $"counters/{one}.json"),
        };
    }

    private async Task RegisterAsync(string id, string model)
    {
        // Some contents are those of others, and some keys too.
        var content = Content(random.Next(5) == 0 ? $"shared {random.Next(20)}" : id);
        var key = random.Next(10) == 0 ? $"shared-{random.Next(30)}" : id;
        var version = await UntilDoneAsync(async () =>
        {
            var artefact = await store.Artefacts.PutAsync(content, "application/onnx");
            return await store.Models.RegisterAsync(new ModelRegistration { Model = model, Key = key, Digest = artefact.Digest, Size = artefact.Size });
        });
        journal.Write("version", model, key, version.Version, version.Digest);
    }

    private async Task MoveAsync(string id, string model)
    {
        var there = await UntilDoneAsync(() => store.Models.GetAsync(model));
        if (there is null)
        {
            await RegisterAsync(id, model);
            return;
        }

        var version = there.Versions[random.Next(there.Versions.Count)].Version;
        var champion = there.Alias("champion");
        AliasMove[] moves = champion is null
            ? [new("champion", version, null)]
            : [new("champion", version, champion), new("previous", champion, ModelRegistry.AnyVersion)];
        IReadOnlyList<AliasChange> changes;
        try
        {
            changes = await UntilDoneAsync(() => store.Models.MoveAliasesAsync(model, moves, name, "by chance"));
        }
        catch (AliasConflictException)
        {
            return; // Somebody else was faster.
        }

        foreach (var change in changes.Where(c => c.Changed))
            journal.Write("move", model, change.Sequence, change.Alias, change.To ?? "", name);
    }

    private async Task AppendPartAsync(string id, string dataset)
    {
        var content = Content(id);
        var mode = random.Next(40) == 0 ? DatasetMode.Replace : DatasetMode.Append;
        var version = await UntilDoneAsync(async () =>
        {
            var artefact = await store.Artefacts.PutAsync(content, "text/csv");
            return await store.Datasets.AddVersionAsync(dataset, [new DatasetPart(artefact.Digest, id + ".csv", artefact.Size, "text/csv", 1)], mode, id);
        });
        journal.Write("part", dataset, id, version.Version);
    }

    private async Task RunAsync(string id)
    {
        var report = Content("report " + id);
        var run = new RunRecord { RunId = "run-" + id, Kind = "train", Model = "m0", StartedAt = DateTimeOffset.UtcNow, Status = RunStatus.Running };
        await UntilDoneAsync(async () =>
        {
            await store.Runs.SaveAsync(run);
            var artefact = await store.Artefacts.PutAsync(report, "application/json");
            return await store.Runs.SaveAsync(
                run with { Status = RunStatus.Completed, EndedAt = run.StartedAt.AddMinutes(1), Outputs = [new RunArtefact("report", artefact.Digest)] });
        });
        journal.Write("run", run.RunId);
    }

    private async Task MeasureAsync(string id, string runId)
    {
        await UntilDoneAsync(() => store.Runs.UpdateAsync(runId, run => run with { Metrics = new Dictionary<string, double>(run.Metrics) { [id] = 1 } }));
        journal.Write("metric", runId, id);
    }

    private async Task AuditAsync(string id, string model)
    {
        var entry = await UntilDoneAsync(() => store.Audit.AppendAsync(model, name, "Noted", new JsonObject { ["n"] = id }, id));
        journal.Write("audit", model, id, entry.Seq);
    }

    private async Task ChangeAsync(string id, string path)
    {
        await UntilDoneAsync(() => store.Documents.UpdateAsync<JsonObject>(path, there =>
        {
            var after = there?.DeepClone().AsObject() ?? [];
            // An id that is there already was written by the attempt before this one.
            after[id] = 1;
            after["count"] = after.Count - (after.ContainsKey("count") ? 1 : 0);
            return after;
        }));
        journal.Write("change", path, id);
    }

    private static byte[] Content(string text) => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(text + " ", 1 + (text.Length % 30))));

    private static async Task<T> UntilDoneAsync<T>(Func<Task<T>> write)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await write();
            }
            catch (Exception e) when (attempt < MostAttempts
                && e is RequestFailedException or AggregateException or IOException or OperationCanceledException or CatalogUnavailableException or CatalogConflictException)
            {
                await Task.Delay(20);
            }
        }
    }
}
