using Iml4e.LocalRuntime.DurableTask;

namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>What stays the same during one execution of an instance.</summary>
internal sealed record OrchestrationIdentity(string InstanceId, string Name, string? Version, string? Input, ParentOrchestrationInstance? Parent);
