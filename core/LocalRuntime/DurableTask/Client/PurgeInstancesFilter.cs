namespace Iml4e.LocalRuntime.DurableTask.Client;

/// <summary>Which finished instances are purged; all conditions must hold.</summary>
public record PurgeInstancesFilter(
    DateTimeOffset? CreatedFrom = null,
    DateTimeOffset? CreatedTo = null,
    IEnumerable<OrchestrationRuntimeStatus>? Statuses = null)
{
    /// <summary>How long to purge before giving back a partial result; null for as long as it takes.</summary>
    public TimeSpan? Timeout { get; init; }
}
