namespace Iml4e.LocalRuntime.DurableTaskCore;

/// <summary>The orchestration that started a sub-orchestration.</summary>
public class ParentInstance
{
    public string? Name;
    public OrchestrationInstance? OrchestrationInstance;

    /// <summary>The sequence number of the call in the parent's history.</summary>
    public int TaskScheduleId;
    public string? Version;
}
