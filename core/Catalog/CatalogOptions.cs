namespace Iml4e.Catalog;

/// <summary>How the catalogue stores: where, how often it tries, and how its logs batch and rotate.</summary>
public sealed record CatalogOptions
{
    /// <summary>Put before the names of the containers, so that several houses may share an account; lower-case letters, digits and '-'.</summary>
    public string ContainerPrefix { get; init; } = "";

    /// <summary>The number (40 bits) that tells this process's log blobs and prediction ids from other processes'; null = random.</summary>
    public ulong? WorkerId { get; init; }

    /// <summary>Most attempts of one compare-and-swap before <see cref="CatalogConflictException"/>.</summary>
    public int UpdateAttempts { get; init; } = 60;

    /// <summary>Most bytes that one append writes; the service takes 4 MiB.</summary>
    public int MaxBatchBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Longest a durable record waits for company before it is written.</summary>
    public TimeSpan DurableLinger { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Longest a buffered record waits for company before it is written.</summary>
    public TimeSpan BufferedLinger { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Longest that the oldest buffered record may have waited for its commit before no more are accepted. It bounds what a crash can lose: the records
    /// accepted within one such window. While the storage answers, they are written after <see cref="BufferedLinger"/> and the time of an append or two.
    /// </summary>
    public TimeSpan BufferedWindow { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest that an append waits for room in the queue before <see cref="CatalogUnavailableException"/>.</summary>
    public TimeSpan BackPressure { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bytes that may wait in one log's queue (a model and a worker); whoever appends beyond it waits for room.</summary>
    public long MaxQueuedBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Longest that a durable append waits for its commit before <see cref="CatalogUnavailableException"/>.</summary>
    public TimeSpan CommitTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Appends after which a log blob is closed and the next begun; the service ends at 50,000.</summary>
    public int RotateBlocks { get; init; } = 40_000;

    /// <summary>Bytes after which a log blob is closed and the next begun.</summary>
    public long RotateBytes { get; init; } = 100L * 1000 * 1000;

    /// <summary>Bytes of recent predictions kept in memory, so that feedback that comes soon reads no storage.</summary>
    public long RecentPredictionBytes { get; init; } = 32L * 1024 * 1024;

    /// <summary>Age from which an artefact that is put or named again is made young; far below every grace time.</summary>
    internal TimeSpan ArtefactTouchAge { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Entries of an audit log in one blob. Fixed for the life of the data; other values are for tests.</summary>
    internal int AuditSegmentEntries { get; init; } = 10_000;
}
