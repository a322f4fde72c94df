using System.Diagnostics;
using Iml4e.LocalRuntime.Durable.Faults;

namespace Iml4e.Benchmarks.Crash;

/// <summary>
/// Kills (SIGKILL) a process that runs the durable engine, every commit synced, at random moments of its life, start and recovery included, while
/// orchestrations of every kind are started and sent events all the time. Then everything must have come out as without a kill.
/// </summary>
internal sealed class CrashBenchmark(string folder, TextWriter output)
{
    public const int DefaultKills = 1000;
    public const int DefaultSeed = 1;

    /// <summary>Runs, writes the tables, and tells whether every check held.</summary>
    /// <param name="kills">Kills at random moments.</param>
    /// <param name="killsAPoint">Kills at each of the named points of the engine, after those.</param>
    /// <param name="seed">Seed of the moments and of the work.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<bool> RunAsync(int kills, int killsAPoint, int seed, CancellationToken ct)
    {
        var begun = Stopwatch.GetTimestamp();
        var undisturbed = await RunUndisturbedAsync(ct);
        var hub = Directory.CreateDirectory(Path.Combine(folder, "disturbed")).FullName;
        var moments = new Random(seed);
        using var jobs = Endless(new Random(seed + 1)).GetEnumerator();
        var driver = new CrashDriver(hub, jobs, new Random(seed + 2));
        var life = 0;
        while (life < kills)
        {
            await driver.LiveAndDieAsync(++life, moments, ct);
            if (life % 100 == 0)
                Tell($"{life} kills");
        }

        var missed = new List<string>();
        foreach (var point in killsAPoint > 0 ? CrashPoint.All : [])
        {
            for (var i = 0; i < killsAPoint; i++)
            {
                if (!await driver.LiveToAPointAsync(++life, point, 1 + moments.Next(20), ct))
                    missed.Add(point);
            }

            Tell($"{killsAPoint} kills at {point}");
        }

        await driver.LiveToTheEndAsync(++life, startsMore: false, ct);
        var executions = ExecutionCounts.Read(hub, life);
        new ResultTable(FormattableString.Invariant(
                $"crash: {kills} SIGKILLs at random moments, {killsAPoint} at each of {CrashPoint.All.Count} named points, every commit synced, seed {seed}"))
            .Add("process start to ready, recovery included", "ms", driver.ReadyMilliseconds)
            .Write(output);
        Write("kills before the worker was ready", driver.KilledBeforeReady);
        Write("kills with activities running", executions.LivesWithWork);
        Write("orchestrations started", driver.Started.Count);
        Write("activities executed, attempts counted each", executions.Activities);
        Write("executed again after a kill", executions.Repeated);
        Write("starts and events sent again for want of an answer", driver.Commands.Sum(command => Math.Max(0, command.Sends - 1)));

        var checks = Check(hub, driver, undisturbed, executions);
        if (killsAPoint > 0)
            checks.Add("named points that were not passed in time", life - kills - 1, missed);
        checks.Write(output);
        Tell("done");
        return checks.AllHold;

        void Tell(string what) => output.WriteLine(FormattableString.Invariant(
            $"  {what}, {driver.Started.Count} orchestrations started, {Stopwatch.GetElapsedTime(begun).TotalSeconds:0} s"));
    }

    private static CrashChecks Check(string hub, CrashDriver driver, Dictionary<CrashJob, string> undisturbed, ExecutionCounts executions)
    {
        using var reader = new HubReader(hub);
        List<string> lost = [], stuck = [], wrong = [], counted = [];
        var sends = driver.Commands.Where(command => !command.IsStart).GroupBy(command => command.Instance)
            .ToDictionary(group => group.Key, group => group.Sum(command => command.Sends));
        foreach (var (id, job) in driver.Started)
        {
            if (reader.Find(id) is not { } instance)
            {
                lost.Add(id);
                continue;
            }

            if (!instance.IsFinished)
                stuck.Add($"{id} is {instance.Status}");
            else if (HubReader.OutputOf(instance) is var given && given != undisturbed[job])
                wrong.Add($"{id} (seed {job.Seed}) gave {given} instead of {undisturbed[job]}");
            if (HubReader.ParcelsOf(instance) is { } received && (received < job.Parcels || received > sends[id]))
                counted.Add(FormattableString.Invariant($"{id} received {received} parcels, was sent {sends[id]}"));
        }

        var checks = new CrashChecks();
        checks.Add("outputs other than without a kill", driver.Started.Count, wrong);
        checks.Add("orchestrations lost", driver.Started.Count, lost);
        checks.Add("orchestrations stuck", driver.Started.Count, stuck);
        var unanswered = driver.Commands.Where(command => !command.IsAcknowledged).Select(command => command.Line);
        checks.Add("starts and events not acknowledged in the end", driver.Commands.Count, unanswered);
        checks.Add("events received more often than sent, or lost", sends.Count, counted);
        checks.Add("histories with an effect twice or out of order", driver.Started.Count, reader.FindEffectsTwice());
        var ledgers = driver.Started.Values.Count(job => job.Kind == CrashJob.Ledger);
        var counts = reader.CountOf(CrashJob.Bank);
        List<string> miscounted = counts == ledgers ? [] : [FormattableString.Invariant($"it counted {counts}")];
        checks.Add("orchestrations that the shared entity did not count once", ledgers, miscounted);
        checks.Add("activities executed more than 1 + kills meanwhile", executions.Activities, executions.TooOften);
        checks.Add("errors of the worker", driver.Commands.Count, driver.Errors);
        return checks;
    }

    private async Task<Dictionary<CrashJob, string>> RunUndisturbedAsync(CancellationToken ct)
    {
        var hub = Directory.CreateDirectory(Path.Combine(folder, "undisturbed")).FullName;
        using var jobs = CrashJob.All().GetEnumerator();
        var driver = new CrashDriver(hub, jobs, new Random(0));
        if (!await driver.LiveToTheEndAsync(1, startsMore: true, ct))
            throw new InvalidOperationException("The orchestrations do not finish even without a kill.");
        using var reader = new HubReader(hub);
        return driver.Started.ToDictionary(started => started.Value, started => HubReader.OutputOf(reader.Find(started.Key)!));
    }

    private static IEnumerable<CrashJob> Endless(Random random)
    {
        while (true)
            yield return CrashJob.Any(random);
    }

    private void Write(string what, int count) => output.WriteLine(FormattableString.Invariant($"  {what,-52} {count,9:#,0}"));
}
