namespace Iml4e.LocalRuntime.DurableTask;

/// <summary>How an orchestration is started.</summary>
/// <param name="InstanceId">The id of the instance; null for a new guid.</param>
/// <param name="StartAt">When it starts at the earliest; null for now.</param>
public record StartOrchestrationOptions(string? InstanceId = null, DateTimeOffset? StartAt = null)
{
    public StartOrchestrationOptions(StartOrchestrationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        InstanceId = options.InstanceId;
        StartAt = options.StartAt;
        Tags = options.Tags;
        Version = options.Version;
        DedupeStatuses = options.DedupeStatuses;
    }

    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    public TaskVersion? Version { get; init; }

    /// <summary>Names of the statuses in which an instance of the same id stands in the way of a new one; null for the hub's rule.</summary>
    public IReadOnlyList<string>? DedupeStatuses { get; init; }
}
