namespace Iml4e.LocalRuntime.Testing;

/// <summary>What an orchestrator called.</summary>
public enum OrchestrationCallKind
{
    Activity,
    SubOrchestration,
}
