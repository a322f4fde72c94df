using Azure.Storage.Blobs;

namespace Iml4e.Catalog;

/// <summary>What turned out about predictions: appended durably, read on from a cursor.</summary>
public sealed class OutcomeLog : IAsyncDisposable
{
    private const int DefaultBytes = 8 * 1024 * 1024;
    private readonly RecordLog<OutcomeRecord> log;
    private readonly string worker;

    internal OutcomeLog(BlobContainerClient container, CatalogOptions options, ulong worker, TimeProvider time)
    {
        this.worker = Crockford.Text(worker, 8);
        log = new RecordLog<OutcomeRecord>(container, "outcomes", LogJson.Compact.OutcomeRecord, options, this.worker, time);
    }

    /// <summary>Appends a record; returns when the storage has it.</summary>
    /// <exception cref="ArgumentException">The model is no name, or the record's line larger than 512 KiB.</exception>
    /// <exception cref="CatalogUnavailableException">The storage did not confirm it in time.</exception>
    public Task AppendAsync(OutcomeRecord record, CancellationToken ct = default)
    {
        ResourceName.Check(record.Model, "model");
        ct.ThrowIfCancellationRequested();
        var line = log.Line(record);
        if (line.Length > RecordLog<OutcomeRecord>.MaxLine)
            throw new CatalogArgumentException($"the outcome is too large: {line.Length} bytes, at most {RecordLog<OutcomeRecord>.MaxLine}");
        return log.AppendAsync(line, record.Model, worker, day: null, Durability.Durable, ct);
    }

    /// <summary>Appends many records in as few writes as they fit; returns when the storage has them all.</summary>
    public Task AppendAsync(IEnumerable<OutcomeRecord> records, CancellationToken ct = default) =>
        Task.WhenAll(records.Select(r => AppendAsync(r, ct)).ToArray());

    /// <summary>What was logged after the cursor, every record once; see <see cref="PredictionLog.ReadAsync"/>.</summary>
    public Task<LogBatch<OutcomeRecord>> ReadAsync(string model, LogCursor cursor, int maxBytes = DefaultBytes, CancellationToken ct = default)
        => log.ReadAsync(ResourceName.Check(model, "model"), cursor, maxBytes, null, ct);

    /// <summary>The cursor after everything that is logged now.</summary>
    public Task<LogCursor> EndAsync(string model, CancellationToken ct = default) => log.EndAsync(ResourceName.Check(model, "model"), ct);

    /// <summary>Deletes what was logged on days (UTC) before the day; returns how many blobs went.</summary>
    internal Task<int> ExpireAsync(string model, DateOnly before, CancellationToken ct) => log.ExpireAsync(ResourceName.Check(model, "model"), before, ct);

    /// <summary>Ends.</summary>
    public ValueTask DisposeAsync() => log.DisposeAsync();
}
