using System.Diagnostics.Metrics;
using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>What is stuck shows in the meters.</summary>
public sealed class InstanceGaugeTests
{
    [Fact]
    public async Task TheOldestThatWaitsIsToldOf()
    {
        const string Hub = "GaugeTests";
        var functions = new InMemoryFunctions().Orchestrator("Wait", async context => await context.WaitForExternalEvent<string>("go"));
        await using var hub = await TestHub.OpenAsync(functions, settings => settings with
        {
            HubName = Hub, DefaultVersion = "1.0", VersionMatch = VersionMatchStrategy.Strict,
        });
        using var gauges = new InstanceGauges(hub.Engine);
        Assert.Equal(0, Read(Hub)["durabletask_pending_age"]);
        Assert.Equal(0, Read(Hub)["durabletask_instances Pending"]);

        // One runs, one waits for a host of its version, and one for its time, which is no fault.
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Wait", null, new StartOrchestrationOptions("runs"));
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Wait", null, new StartOrchestrationOptions("stuck") { Version = "2.0" });
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Wait", null, new StartOrchestrationOptions("later", DateTimeOffset.UtcNow.AddDays(1)));
        var stuck = await hub.Client.GetInstanceAsync("stuck");
        var runs = await hub.UntilAsync("runs", instance => instance.RuntimeStatus == OrchestrationRuntimeStatus.Running);
        await TestHub.UntilAsync(() => Task.FromResult(DateTimeOffset.UtcNow - stuck!.CreatedAt > TimeSpan.FromMilliseconds(50)));
        var now = DateTimeOffset.UtcNow;
        var seen = Read(Hub);
        Assert.InRange(seen["durabletask_pending_age"], (now - stuck!.CreatedAt).TotalSeconds, (DateTimeOffset.UtcNow - stuck.CreatedAt).TotalSeconds);
        Assert.InRange(seen["durabletask_running_idle"], (now - runs.LastUpdatedAt).TotalSeconds, (DateTimeOffset.UtcNow - runs.LastUpdatedAt).TotalSeconds);
        Assert.Equal(2, seen["durabletask_instances Pending"]);
        Assert.Equal(1, seen["durabletask_instances Running"]);
        Assert.Equal(0, seen["durabletask_instances Suspended"]);

        await hub.Engine.DisposeAsync();
        Assert.Empty(Read(Hub));
    }

    private static Dictionary<string, double> Read(string hub)
    {
        var seen = new Dictionary<string, double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == InstanceGauges.MeterName)
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.Start();
        listener.RecordObservableInstruments();
        return seen;

        void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var named = tags.ToArray().ToDictionary();
            if (Equals(named["hub"], hub))
                seen[named.TryGetValue("status", out var status) ? $"{instrument.Name} {status}" : instrument.Name] = value;
        }
    }
}
