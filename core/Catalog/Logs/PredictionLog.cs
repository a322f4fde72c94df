using Azure.Storage.Blobs;

namespace Iml4e.Catalog;

/// <summary>What every model predicted: appended in groups, read on from a cursor, found by id.</summary>
public sealed class PredictionLog : IAsyncDisposable
{
    private const int DefaultBytes = 8 * 1024 * 1024;
    private const int PassesAtOnce = 8;
    private readonly RecordLog<PredictionRecord> log;
    private readonly PredictionIds ids;
    private readonly ulong worker;
    private readonly string workerText;
    private readonly RecentPredictions recent;

    internal PredictionLog(BlobContainerClient container, CatalogOptions options, ulong worker, TimeProvider time)
    {
        this.worker = worker;
        workerText = Crockford.Text(worker, 8);
        ids = new PredictionIds(worker);
        recent = new RecentPredictions(options.RecentPredictionBytes);
        log = new RecordLog<PredictionRecord>(container, "predictions", LogJson.Compact.PredictionRecord, options, workerText, time);
    }

    /// <summary>A new id, greater than all that this process gave out before for the same or an earlier time.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="at">When the prediction is made.</param>
    public string NewId(string model, DateTimeOffset at) => ids.Next(ResourceName.Check(model, "model"), at).ToString();

    /// <summary>Records that were accepted buffered and could not be written when the log ended.</summary>
    public long Lost => log.Lost;

    /// <summary>
    /// Appends a record. <see cref="Durability.Durable"/> returns when the storage has it; <see cref="Durability.Buffered"/> returns at once, unless the queue
    /// is full or its oldest record has waited for <see cref="CatalogOptions.BufferedWindow"/>: then it waits for room, for at most
    /// <see cref="CatalogOptions.BackPressure"/>. A record whose line would be larger than 512 KiB is written without its inputs, and if need be its outputs.
    /// </summary>
    /// <exception cref="ArgumentException">The id is none, or not the model's.</exception>
    /// <exception cref="CatalogUnavailableException">The storage did not take it in time.</exception>
    public Task AppendAsync(PredictionRecord record, Durability durability = Durability.Durable, CancellationToken ct = default)
    {
        record = Checked(record, out var id);
        ct.ThrowIfCancellationRequested();
        var line = log.Line(record);
        if (line.Length > RecordLog<PredictionRecord>.MaxLine)
            line = log.Line(record = record with { Inputs = null, Omitted = "inputs" });
        if (line.Length > RecordLog<PredictionRecord>.MaxLine)
            line = log.Line(record = record with { Outputs = null, Predicted = null, PredictedLabels = null, Omitted = "inputs,outputs" });
        return AppendAsync(line, record, id, durability, ct);
    }

    /// <summary>
    /// As the other overload, with inputs, outputs, predicted values, unit and durability as the content's plan has them (unless the durability is given); the
    /// tensors are written straight into the line, before the call returns its task.
    /// </summary>
    /// <exception cref="ArgumentException">The id is none, or not the model's.</exception>
    /// <exception cref="CatalogUnavailableException">The storage did not take it in time.</exception>
    public Task AppendAsync(PredictionRecord record, in PredictionContent content, Durability? durability = null, CancellationToken ct = default)
    {
        record = Checked(record, out var id);
        ct.ThrowIfCancellationRequested();
        var state = (record, content, Omit: Omission.None);
        var line = RecordLog<PredictionRecord>.Line(state, Write);
        while (line.Length > RecordLog<PredictionRecord>.MaxLine && state.Omit < Omission.InputsAndOutputs)
        {
            state.Omit++;
            line = RecordLog<PredictionRecord>.Line(state, Write);
        }

        return AppendAsync(line, record, id, durability ?? content.Plan.Durability, ct);

        static void Write(System.Text.Json.Utf8JsonWriter json, (PredictionRecord Record, PredictionContent Content, Omission Omit) what)
            => PredictionWriter.Write(json, what.Record, what.Content, what.Omit);
    }

    /// <summary>
    /// What was logged after the cursor, every record once. Never a part of a line; lines that cannot be read, or follow themselves, are counted and passed
    /// over.
    /// </summary>
    /// <param name="model">The model's name.</param>
    /// <param name="cursor"><see cref="LogCursor.Start"/>, or the last batch's <see cref="LogBatch{T}.Next"/>.</param>
    /// <param name="maxBytes">About how much to read at most.</param>
    /// <param name="ct">Cancels.</param>
    public Task<LogBatch<PredictionRecord>> ReadAsync(string model, LogCursor cursor, int maxBytes = DefaultBytes, CancellationToken ct = default)
        => log.ReadAsync(ResourceName.Check(model, "model"), cursor, maxBytes, null, ct);

    /// <summary>As <see cref="ReadAsync"/>, with records that lack their inputs and outputs: for readers that do not look at them.</summary>
    public Task<LogBatch<PredictionRecord>> ReadSlimAsync(string model, LogCursor cursor, int maxBytes = DefaultBytes, CancellationToken ct = default)
        => log.ReadAsync(ResourceName.Check(model, "model"), cursor, maxBytes, LogJson.Slim, ct);

    /// <summary>
    /// What was predicted from a time (inclusive) to another (exclusive), by the times in the ids, in the order of each worker's log, a day after the other;
    /// what was logged on a later day comes last. Memory does not grow with the window.
    /// </summary>
    public IAsyncEnumerable<PredictionRecord> WindowAsync(string model, DateTimeOffset from, DateTimeOffset to, CancellationToken ct = default)
        => WindowAsync(model, Math.Max(0, from.ToUnixTimeMilliseconds()), to.ToUnixTimeMilliseconds(), ct);

    /// <summary>The same, between Unix milliseconds.</summary>
    internal IAsyncEnumerable<PredictionRecord> WindowAsync(string model, long from, long to, CancellationToken ct)
        => from < to ? log.WindowAsync(ResourceName.Check(model, "model"), from, to, TimeOf, ct) : AsyncEnumerable.Empty<PredictionRecord>();

    /// <summary>The cursor after everything that is logged now.</summary>
    public Task<LogCursor> EndAsync(string model, CancellationToken ct = default) => log.EndAsync(ResourceName.Check(model, "model"), ct);

    /// <summary>
    /// The records with the id: the answer's, and its shadow's; empty when there is none. A text that is no id is not there, without a look at storage.
    /// </summary>
    public async Task<IReadOnlyList<PredictionRecord>> FindAsync(string id, CancellationToken ct = default)
        => (await FindManyAsync([id], ct)).TryGetValue(id, out var records) ? records : [];

    /// <summary>The records of many ids at once, those of one worker's blob in one pass; ids without a record are left out.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<PredictionRecord>>> FindManyAsync(IEnumerable<string> texts, CancellationToken ct = default)
    {
        var found = new Dictionary<string, IReadOnlyList<PredictionRecord>>(StringComparer.Ordinal);
        var sought = new List<(string Text, PredictionId Id, string Canonical)>();
        foreach (var text in texts.Distinct(StringComparer.Ordinal))
        {
            if (!PredictionId.TryParse(text, out var id))
                continue;
            var canonical = id.ToString();
            if (recent.Find(canonical) is { } records)
                found[text] = records;
            else
                sought.Add((text, id, canonical));
        }

        // Ids minted far apart on one day are sought apart: each pass reads no more than the time between its ids.
        await Parallel.ForEachAsync(
            sought.GroupBy(s => (s.Id.Model, s.Id.Worker, Day: LogCursor.Day(s.Id.At), Quarter: s.Id.UnixMilliseconds / 900_000)),
            new ParallelOptions { MaxDegreeOfParallelism = PassesAtOnce, CancellationToken = ct },
            async (group, cancel) =>
            {
                var hits = new Dictionary<string, List<PredictionRecord>>(StringComparer.Ordinal);
                await log.FindAsync(
                    group.Key.Model,
                    Crockford.Text(group.Key.Worker, 8),
                    group.Key.Day,
                    group.Select(s => s.Canonical).ToHashSet(StringComparer.Ordinal),
                    group.Min(s => s.Id.UnixMilliseconds),
                    group.Max(s => s.Id.UnixMilliseconds),
                    record =>
                    {
                        if (!hits.TryGetValue(record.Id, out var list))
                            hits.Add(record.Id, list = []);
                        if (!list.Exists(r => r.Variant == record.Variant && r.Version == record.Version && r.At == record.At))
                            list.Add(record);
                    },
                    TimeOf,
                    cancel);
                lock (found)
                {
                    foreach (var (text, _, canonical) in group)
                    {
                        if (hits.TryGetValue(canonical, out var list))
                            found[text] = list;
                    }
                }
            });

        return found;
    }

    /// <summary>Deletes what was logged on days (UTC) before the day; returns how many blobs went.</summary>
    internal Task<int> ExpireAsync(string model, DateOnly before, CancellationToken ct) => log.ExpireAsync(ResourceName.Check(model, "model"), before, ct);

    /// <summary>Waits until all that was appended before is written.</summary>
    public Task FlushAsync(CancellationToken ct = default) => log.FlushAsync(ct);

    /// <summary>Writes what is queued, for at most 30 seconds, and ends.</summary>
    public ValueTask DisposeAsync() => log.DisposeAsync();

    private static long TimeOf(string id) => PredictionId.TryParse(id, out var parsed) ? parsed.UnixMilliseconds : long.MinValue;

    private static PredictionRecord Checked(PredictionRecord record, out PredictionId id)
    {
        if (!PredictionId.TryParse(record.Id, record.Model, out id))
            throw new CatalogArgumentException($"id: {ResourceName.Quote(record.Id)} is not a prediction id of model {ResourceName.Quote(record.Model)}");
        return PredictionId.IsCanonical(record.Id) ? record : record with { Id = id.ToString() };
    }

    private Task AppendAsync(ReadOnlyMemory<byte> line, PredictionRecord record, PredictionId id, Durability durability, CancellationToken ct)
    {
        if (line.Length > RecordLog<PredictionRecord>.MaxLine)
            throw new CatalogArgumentException($"the record is too large: {line.Length} bytes without inputs and outputs");
        recent.Add(record.Id, record.Variant == PredictionVariant.Shadow, line.Span[..^1]);
        return log.AppendAsync(line, record.Model, id.Worker == worker ? workerText : id.WorkerText, LogCursor.Day(id.At), durability, ct);
    }
}
