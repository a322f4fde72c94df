using System.Diagnostics.Metrics;
using Iml4e.LocalRuntime.Durable.Faults;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>
/// Tells meters how many instances of a hub are not over, and how long the one has waited that has waited longest: what is stuck shows there.
/// </summary>
internal sealed class InstanceGauges : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Iml4e.DurableTask";

    private static readonly OrchestrationRuntimeStatus[] Unfinished =
        [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended];

    private readonly Meter meter = new(MeterName);
    private readonly OrchestrationEngine engine;
    private readonly KeyValuePair<string, object?> hub;

    public InstanceGauges(OrchestrationEngine engine)
    {
        this.engine = engine;
        hub = new("hub", engine.Settings.HubName);
        meter.CreateObservableGauge("durabletask_instances", Count, "{instance}", "Instances that are not over, by hub and status.");
        meter.CreateObservableGauge(
            "durabletask_pending_age", () => Age(InstanceQueries.OldestPending), "s", "How long the oldest instance that should have begun has not, by hub.");
        meter.CreateObservableGauge(
            "durabletask_running_idle", () => Age(InstanceQueries.LongestIdle), "s", "How long the running instance has stood still that has longest, by hub.");
    }

    public void Dispose() => meter.Dispose();

    private List<Measurement<long>> Count() => Read(database =>
    {
        var counts = InstanceQueries.CountUnfinished(database);

        // Those that there are none of are told too, or a meter would keep what it was told last.
        return Unfinished.Select(status => new Measurement<long>(counts.GetValueOrDefault(status), hub, new("status", status.ToString()))).ToList();
    });

    private List<Measurement<double>> Age(Func<StoreDatabase, DateTime, DateTime?> since)
    {
        var now = engine.Time.GetUtcNow().UtcDateTime;
        return Read(database => new List<Measurement<double>>
        {
            new(since(database, now) is { } then ? Math.Max(0, (now - then).TotalSeconds) : 0, hub),
        });
    }

    private List<Measurement<T>> Read<T>(Func<StoreDatabase, List<Measurement<T>>> measure)
        where T : struct
    {
        try
        {
            return engine.Queries.Read(measure);
        }
        catch (EngineAbandonedException)
        {
            // The hub is closed: there is nothing to tell of it.
            return [];
        }
    }
}
