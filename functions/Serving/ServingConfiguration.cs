using System.Text.Json;
using System.Text.Json.Serialization;
using Iml4e.Inference.Batching;
using Iml4e.Inference.Caching;
using Iml4e.Inference.OpenInference;

namespace Iml4e.Functions.Serving;

/// <summary>How a model is to be served, as the parameter <c>config</c> of a load says it: a JSON text, every member of it optional.</summary>
internal sealed record ServingConfiguration
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter<QueueTimeoutAction>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
        MaxDepth = 8,
    };

    /// <summary>Most samples in a run; 1 = no batching.</summary>
    public int MaxBatchSize { get; init; } = BatchingSettings.None.MaxBatchSize;

    /// <summary>Longest wait for others to join, in microseconds.</summary>
    public long MaxQueueDelayUs { get; init; }

    /// <summary>Sizes that are run as soon as they are reached.</summary>
    public IReadOnlyList<int> PreferredBatchSizes { get; init; } = [];

    /// <summary>Requests that may wait.</summary>
    public int MaxQueueSize { get; init; } = BatchingSettings.None.MaxQueueSize;

    /// <summary>Longest wait of a request, in microseconds.</summary>
    public long? QueueTimeoutUs { get; init; }

    /// <summary>What then becomes of it: reject or delay.</summary>
    public QueueTimeoutAction QueueTimeoutAction { get; init; }

    /// <summary>Whether answers keep the order of the requests.</summary>
    public bool PreserveOrdering { get; init; }

    /// <summary>Runs at a time.</summary>
    public int Instances { get; init; } = BatchingSettings.None.Instances;

    /// <summary>Declares that equal requests have equal answers; without it there is no response cache.</summary>
    public bool Deterministic { get; init; }

    /// <summary>Bytes of answers kept at most.</summary>
    public long CacheBytes { get; init; }

    /// <summary>Seconds for which an answer is kept.</summary>
    public long CacheTtlS { get; init; } = 3600;

    /// <summary>Reads the text.</summary>
    /// <exception cref="OpenInferenceException">400: what is wrong, and what would be right.</exception>
    public static ServingConfiguration Parse(string text)
    {
        try
        {
            var configuration = JsonSerializer.Deserialize<ServingConfiguration>(text, Json) ?? throw new JsonException();
            if (configuration.PreferredBatchSizes is null)
                throw Refused("preferred_batch_sizes must be a list");
            if (configuration is { CacheBytes: > 0, Deterministic: false })
                throw Refused("cache_bytes needs deterministic: true, that is: equal requests have equal answers");
            if ((configuration.Batching().Fault() ?? configuration.Cache().Fault()) is { } fault)
                throw Refused(fault);
            return configuration;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NotSupportedException or OverflowException)
        {
            var path = (e as JsonException)?.Path is { Length: > 2 } where ? $" at {where}" : "";
            throw Refused(
                $"not as it should be{path}; known are max_batch_size, max_queue_delay_us, preferred_batch_sizes, max_queue_size, queue_timeout_us, queue_timeout_action "
                + "(reject or delay), preserve_ordering, instances, deterministic, cache_bytes, cache_ttl_s");
        }
    }

    /// <summary>Batching and queue.</summary>
    public BatchingSettings Batching() => new()
    {
        MaxBatchSize = MaxBatchSize,
        MaxQueueDelay = Microseconds(MaxQueueDelayUs),
        PreferredBatchSizes = PreferredBatchSizes,
        MaxQueueSize = MaxQueueSize,
        QueueTimeout = QueueTimeoutUs is { } timeout ? Microseconds(timeout) : null,
        QueueTimeoutAction = QueueTimeoutAction,
        PreserveOrdering = PreserveOrdering,
        Instances = Instances,
    };

    /// <summary>Response cache.</summary>
    public ResponseCacheSettings Cache() => new() { MaxBytes = CacheBytes, TimeToLive = TimeSpan.FromSeconds(Math.Clamp(CacheTtlS, -1, 1L << 40)) };

    private static TimeSpan Microseconds(long value) => TimeSpan.FromMicroseconds((double)Math.Clamp(value, -1, 1L << 50));

    private static OpenInferenceException Refused(string message) => new(400, "parameter 'config': " + message);
}
