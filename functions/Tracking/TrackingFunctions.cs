namespace Iml4e.Functions.Tracking;

/// <summary>The timer that tells the tracking server of jobs, as often as the setting <c>TrackingWatch</c> says.</summary>
internal sealed class TrackingFunctions(TrackingService tracking)
{
    [Function("TrackingWatch")]
    public Task Watch([TimerTrigger("%TrackingWatch%")] TimerInfo timer, CancellationToken cancellationToken) => tracking.TickAsync(cancellationToken);
}
