using Iml4e.LocalRuntime.Worker.Extensions.Abstractions;

namespace Iml4e.LocalRuntime.Worker;

/// <summary>Runs a function on a schedule.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class TimerTriggerAttribute : TriggerBindingAttribute
{
    /// <summary>Sets the schedule: NCRONTAB of 5 or 6 fields, a time span, or <c>%setting%</c> that holds one.</summary>
    public TimerTriggerAttribute(string schedule) => Schedule = schedule;

    /// <summary>The schedule as written.</summary>
    public string Schedule { get; }

    /// <summary>Runs once when the app starts.</summary>
    public bool RunOnStartup { get; set; }

    /// <summary>Remembers the schedule over restarts, so that a missed run is caught up with once.</summary>
    public bool UseMonitor { get; set; } = true;
}
