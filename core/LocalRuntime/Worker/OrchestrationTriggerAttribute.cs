using Iml4e.LocalRuntime.Worker.Extensions.Abstractions;

namespace Iml4e.LocalRuntime.Worker;

/// <summary>Marks the context parameter of an orchestrator.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class OrchestrationTriggerAttribute : TriggerBindingAttribute
{
    /// <summary>The orchestrator's name; the function's name when not set.</summary>
    public string? Orchestration { get; set; }
}
