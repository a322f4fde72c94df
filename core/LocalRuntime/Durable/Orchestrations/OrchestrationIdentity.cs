using Iml4e.LocalRuntime.Durable.Tracing;
using Iml4e.LocalRuntime.DurableTask;

namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>What stays the same during one execution of an instance.</summary>
internal sealed record OrchestrationIdentity(string InstanceId, string Name, string? Version, string? Input, ParentOrchestrationInstance? Parent)
{
    /// <summary>The trace that it belongs to; null for none.</summary>
    public OrchestrationTrace? Trace { get; init; }
}
