namespace Iml4e.LocalRuntime.DurableTask.Client;

/// <summary>Where an orchestration instance stands.</summary>
public enum OrchestrationRuntimeStatus
{
    Running = 0,
    Completed = 1,

    /// <summary>Not used any more.</summary>
    ContinuedAsNew = 2,
    Failed = 3,

    /// <summary>Not used any more.</summary>
    Canceled = 4,
    Terminated = 5,
    Pending = 6,
    Suspended = 7,
}
