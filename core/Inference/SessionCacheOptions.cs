namespace Iml4e.Inference;

/// <summary>How many sessions are kept.</summary>
public sealed record SessionCacheOptions
{
    /// <summary>Budget for all sessions together, in estimated bytes (1 GiB).</summary>
    public long MaximumBytes { get; init; } = 1L << 30;

    /// <summary>Estimated memory of a session as a multiple of its file (2.5: weights, packed weights, graph).</summary>
    public double SizeFactor { get; init; } = 2.5;

    /// <summary>Sessions unused for this long are let go at the next request; null = never.</summary>
    public TimeSpan? IdleLifetime { get; init; }

    /// <summary>Longest run on zeros after a load, before the first request (10 s); zero = none.</summary>
    public TimeSpan WarmUpTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Settings of every session.</summary>
    public SessionSettings Session { get; init; } = SessionSettings.Default;
}
