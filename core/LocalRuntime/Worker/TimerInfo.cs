namespace Iml4e.LocalRuntime.Worker;

/// <summary>What a timer function is told about its schedule.</summary>
public class TimerInfo
{
    /// <summary>Last and next run; null when the schedule is not monitored.</summary>
    public ScheduleStatus? ScheduleStatus { get; set; }

    /// <summary>True when this run catches up with one that was missed.</summary>
    public bool IsPastDue { get; set; }
}
