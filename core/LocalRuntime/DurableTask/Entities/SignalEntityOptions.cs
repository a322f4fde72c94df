namespace Iml4e.LocalRuntime.DurableTask.Entities;

/// <summary>How an entity is signalled.</summary>
public record SignalEntityOptions
{
    /// <summary>When the signal is delivered at the earliest; null for now.</summary>
    public DateTimeOffset? SignalTime { get; init; }
}
