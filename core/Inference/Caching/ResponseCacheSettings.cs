namespace Iml4e.Inference.Caching;

/// <summary>Whether answers of a model are kept and given again.</summary>
public sealed record ResponseCacheSettings
{
    /// <summary>Bytes of answers kept at most, 0..1 GiB; 0 = no cache. Only for models that give the same answer to the same request.</summary>
    public long MaxBytes { get; init; }

    /// <summary>How long an answer is kept, 1 s .. 30 days (1 h).</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromHours(1);

    /// <summary>What is out of range, in words; null when all is well.</summary>
    public string? Fault() =>
        MaxBytes is < 0 or > 1L << 30 ? "max_bytes must be 0 to 1073741824"
        : TimeToLive < TimeSpan.FromSeconds(1) || TimeToLive > TimeSpan.FromDays(30) ? "ttl_s must be 1 to 2592000"
        : null;
}
