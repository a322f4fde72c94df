namespace Iml4e.LocalRuntime.DurableTaskCore;

/// <summary>Where an orchestration stands, as its history tells it.</summary>
public enum OrchestrationStatus
{
    Running = 0,
    Completed = 1,
    ContinuedAsNew = 2,
    Failed = 3,
    Canceled = 4,
    Terminated = 5,
    Pending = 6,
    Suspended = 7,
}
