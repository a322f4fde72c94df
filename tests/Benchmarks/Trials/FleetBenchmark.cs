using System.Diagnostics;
using System.Globalization;
using Iml4e.Assessment.Experiment;

namespace Iml4e.Benchmarks.Trials;

/// <summary>What an experiment must keep up where several processes serve and hosts are stopped: routing, rollback, crash safety, the audit chain, assignment.</summary>
internal sealed class FleetBenchmark(string folder, TextWriter output)
{
    public const int DefaultUnits = 100_000;
    public const int DefaultWorkers = 4;
    public const int DefaultPoints = 16;
    public const int DefaultBytes = int.MaxValue;
    private const int DwellSeconds = 12;
    private const int AssignmentBatch = 1000;

    /// <summary>Routing and rollback with several processes.</summary>
    public async Task<bool> RouteAsync(int units, int workers, CancellationToken ct)
    {
        await using var fleet = await WorkerFleet.StartAsync(Path.Combine(folder, "fleet"), workers, ct);
        using var trial = new RoutingTrial(fleet, units, TimeSpan.FromSeconds(DwellSeconds));
        var seen = await trial.PlayAsync(ct);
        Write($"routing: {seen.Units} units, {seen.Requests} answers of {workers} processes over one storage, three stages; one killed, one restarted, and the one that the experiment runs in killed");
        Write($"  left the challenger slice {seen.Left}; disagreements after 10 s {seen.Disagreed}; challenger {seen.Challenger}, control {seen.Control}, p {seen.SliceP:0.000}; deciles p {seen.DecileP:0.000}");
        Write($"rollback: {seen.Rollback.TotalSeconds:0.00} s from the decision to the challenger's last request, bar 10; failed since {seen.FailedInRollback}, in all {seen.Failed}, sent on {seen.Retried}");
        Write($"  {(seen.Met ? "met" : "MISSED")}");
        return seen.Met;
    }

    /// <summary>The host stopped after each activity.</summary>
    public async Task<bool> StopAsync(int points, CancellationToken ct)
    {
        var (calm, stopped, stops) = await new BoundaryTrial(Path.Combine(folder, "boundaries")).PlayAsync(points, ct);
        var met = stops >= Math.Min(12, points) && stopped.State == calm.State && stopped.Champion == calm.Champion && stopped is { Intact: true, AliasChanges: 1 };
        Write($"crash safety: {stops} stops after as many activities; ended {stopped.State}, undisturbed {calm.State}; changes of the alias {stopped.AliasChanges}, chain and replay {(stopped.Intact ? "intact" : "BROKEN")}: {(met ? "met" : "MISSED")}");
        return met;
    }

    /// <summary>Bytes of the audit log changed.</summary>
    public async Task<bool> TamperAsync(int bytes, CancellationToken ct)
    {
        var (length, changes, missed) = await new TamperTrial(Path.Combine(folder, "tampered")).PlayAsync(bytes, ct);
        Write($"audit: {changes} single bytes changed of a log of {length}, not found {missed}: {(missed == 0 ? "met" : "MISSED")}");
        return missed == 0;
    }

    /// <summary>The time of an assignment.</summary>
    public bool Assign()
    {
        var units = Enumerable.Range(0, AssignmentBatch).Select(i => FormattableString.Invariant($"building-{i}")).ToArray();
        var sample = new Sample();
        var slices = new int[3];
        for (var round = -50; round < 500; round++)
        {
            var started = Stopwatch.GetTimestamp();
            foreach (var unit in units)
                slices[(int)UnitAssignment.Assign("exp-1", unit, 0.25)]++;
            if (round >= 0)
                sample.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds / AssignmentBatch);
        }

        Write($"assignment: median {sample.Median:0.00} µs, bar 2: {(sample.Median <= 2 ? "met" : "MISSED")} ({slices[(int)Assignment.Challenger]} of {slices.Sum()} in the challenger slice)");
        return sample.Median <= 2;
    }

    private void Write(FormattableString line) => output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
