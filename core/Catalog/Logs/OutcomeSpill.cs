using System.Text.Json;

namespace Iml4e.Catalog;

/// <summary>Outcomes by the time of their prediction: in memory, or once there are too many in temporary files.</summary>
/// <param name="from">The first moment, in Unix milliseconds as in ids.</param>
/// <param name="to">The moment after the last.</param>
/// <param name="slices">Files there may be.</param>
/// <param name="memory">Outcomes in memory at once.</param>
internal sealed class OutcomeSpill(long from, long to, int slices, int memory) : IDisposable
{
    private readonly Dictionary<string, OutcomeRecord> few = new(StringComparer.Ordinal);
    private readonly StreamWriter?[] files = new StreamWriter?[slices];
    private readonly int[] counts = new int[slices];
    private readonly long span = Math.Max(1, (to - from + slices - 1) / slices);
    private DirectoryInfo? folder;

    /// <summary>Takes an outcome; of several for a prediction the newest revision counts.</summary>
    public void Add(long at, OutcomeRecord outcome)
    {
        if (at < from || at >= to)
            return;
        if (folder is null && few.Count < memory)
        {
            Keep(few, outcome);
            return;
        }

        if (folder is null)
        {
            folder = Directory.CreateTempSubdirectory("outcomes-");
            foreach (var kept in few.Values)
                Write(PredictionId.Parse(kept.PredictionId).UnixMilliseconds, kept);
            few.Clear();
        }

        Write(at, outcome);
    }

    /// <summary>Parts of the window in order of time, each with what loads its outcomes; no more of them than the memory, unless they are of one millisecond.</summary>
    public IEnumerable<(long Start, long End, Func<IReadOnlyDictionary<string, OutcomeRecord>> Load)> Parts()
    {
        if (folder is null)
        {
            yield return (from, to, () => few);
            yield break;
        }

        for (var slice = 0; slice < slices; slice++)
        {
            files[slice]?.Flush();
            var (start, end) = (from + (slice * span), Math.Min(to, from + ((slice + 1) * span)));
            var parts = Math.Clamp((counts[slice] / memory) + 1, 1, Math.Max(1, end - start));
            for (long part = 0; part < parts; part++)
            {
                var (file, low, high) = (slice, start + ((end - start) * part / parts), start + ((end - start) * (part + 1) / parts));
                if (low < high)
                    yield return (low, high, () => Load(file, low, high));
            }
        }
    }

    public void Dispose()
    {
        foreach (var file in files)
            file?.Dispose();
        folder?.Delete(recursive: true);
    }

    private static void Keep(Dictionary<string, OutcomeRecord> known, OutcomeRecord outcome)
    {
        if (!known.TryGetValue(outcome.PredictionId, out var other) || outcome.Overrules(other))
            known[outcome.PredictionId] = outcome;
    }

    private void Write(long at, OutcomeRecord outcome)
    {
        var slice = (int)((at - from) / span);
        (files[slice] ??= File.CreateText(PathOf(slice))).WriteLine(JsonSerializer.Serialize(outcome, LogJson.Compact.OutcomeRecord));
        counts[slice]++;
    }

    private Dictionary<string, OutcomeRecord> Load(int slice, long low, long high)
    {
        var found = new Dictionary<string, OutcomeRecord>(StringComparer.Ordinal);
        if (files[slice] is null)
            return found;
        using var reader = new StreamReader(new FileStream(PathOf(slice), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is { } line)
        {
            var outcome = JsonSerializer.Deserialize(line, LogJson.Compact.OutcomeRecord)!;
            if (PredictionId.Parse(outcome.PredictionId).UnixMilliseconds is var at && at >= low && at < high)
                Keep(found, outcome);
        }

        return found;
    }

    private string PathOf(int slice) => Path.Combine(folder!.FullName, FormattableString.Invariant($"{slice}.ndjson"));
}
