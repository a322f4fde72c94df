using Iml4e.LocalRuntime.Durable.Tracing;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>An instance's row; times are UTC.</summary>
internal sealed record InstanceRecord
{
    public required string InstanceId { get; init; }

    /// <summary>The number of the present execution, unique in the hub.</summary>
    public required long Execution { get; init; }

    public required string Name { get; init; }

    public string? Version { get; init; }

    public required OrchestrationRuntimeStatus Status { get; init; }

    public required DateTime CreatedAt { get; init; }

    public required DateTime UpdatedAt { get; init; }

    public DateTime? StartAt { get; init; }

    public string? Input { get; init; }

    public string? Output { get; init; }

    public string? CustomStatus { get; init; }

    /// <summary>JSON of the failure.</summary>
    public string? Failure { get; init; }

    public ParentLink? Parent { get; init; }

    /// <summary>JSON of the tags.</summary>
    public string? Tags { get; init; }

    /// <summary>The trace that it belongs to; null for none.</summary>
    public OrchestrationTrace? Trace { get; init; }

    /// <summary>JSON of the events that the execution starts with.</summary>
    public string? Carried { get; init; }

    public bool IsFinished => Status.IsFinished();
}
