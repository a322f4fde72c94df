namespace Iml4e.LocalRuntime.Testing;

/// <summary>A timer that an orchestrator set; those that are set between the attempts of a retry are not among them.</summary>
public sealed class OrchestrationTimer
{
    private readonly Task task;

    internal OrchestrationTimer(DateTimeOffset at, DateTimeOffset fireAt, Task task)
    {
        At = at;
        FireAt = fireAt;
        this.task = task;
    }

    /// <summary>When it was set, in virtual time.</summary>
    public DateTimeOffset At { get; }

    /// <summary>When it is due.</summary>
    public DateTimeOffset FireAt { get; }

    public bool IsFired => task.IsCompletedSuccessfully;

    public bool IsCanceled => task.IsCanceled;
}
