namespace Iml4e.Inference.Batching;

/// <summary>How requests wait for a model, and which are run together.</summary>
public sealed record BatchingSettings
{
    /// <summary>No batching: one request a run.</summary>
    public static BatchingSettings None { get; } = new();

    /// <summary>Most samples in a run, 1..65536; 1 = no batching. A request that is larger by itself runs alone.</summary>
    public int MaxBatchSize { get; init; } = 1;

    /// <summary>Longest wait of the oldest request for others to join it, 0..10 s; zero = only what waits already is run together. The system's clock
    /// counts whole milliseconds for it.</summary>
    public TimeSpan MaxQueueDelay { get; init; }

    /// <summary>Sizes, in samples, that are run as soon as they are reached; usually none.</summary>
    public IReadOnlyList<int> PreferredBatchSizes { get; init; } = [];

    /// <summary>Requests that may wait, 1..100000; more are refused.</summary>
    public int MaxQueueSize { get; init; } = 1024;

    /// <summary>Longest wait of a request; null = no bound but its own deadline.</summary>
    public TimeSpan? QueueTimeout { get; init; }

    /// <summary>What becomes of a request that has waited for that long.</summary>
    public QueueTimeoutAction QueueTimeoutAction { get; init; }

    /// <summary>Whether answers are given in the order of the requests even when runs overtake one another.</summary>
    public bool PreserveOrdering { get; init; }

    /// <summary>Runs at a time, 1..256.</summary>
    public int Instances { get; init; } = Math.Max(2, Environment.ProcessorCount);

    /// <summary>What is out of range, in words; null when all is well.</summary>
    public string? Fault()
    {
        if (MaxBatchSize is < 1 or > 65_536)
            return "max_batch_size must be 1 to 65536";
        if (MaxQueueDelay < TimeSpan.Zero || MaxQueueDelay > TimeSpan.FromSeconds(10))
            return "max_queue_delay_us must be 0 to 10000000";
        if (PreferredBatchSizes.Count > 64 || PreferredBatchSizes.Any(size => size < 1 || size > MaxBatchSize))
            return "preferred_batch_sizes must be at most 64 sizes of 1 to max_batch_size";
        if (MaxQueueSize is < 1 or > 100_000)
            return "max_queue_size must be 1 to 100000";
        if (QueueTimeout is { } timeout && (timeout <= TimeSpan.Zero || timeout > TimeSpan.FromHours(1)))
            return "queue_timeout_us must be 1 to 3600000000";
        return Instances is < 1 or > 256 ? "instances must be 1 to 256" : null;
    }
}
