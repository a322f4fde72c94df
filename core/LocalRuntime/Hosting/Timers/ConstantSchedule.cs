namespace Iml4e.LocalRuntime.Hosting.Timers;

/// <summary>Runs at a constant interval.</summary>
internal sealed class ConstantSchedule(TimeSpan interval) : TimerSchedule
{
    public override DateTimeOffset Next(DateTimeOffset after)
        => after > DateTimeOffset.MaxValue - interval ? DateTimeOffset.MaxValue : after + interval;
}
