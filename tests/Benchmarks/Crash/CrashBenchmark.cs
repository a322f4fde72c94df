using System.Diagnostics;

namespace Iml4e.Benchmarks.Crash;

/// <summary>
/// Kills (SIGKILL) a process that runs the durable engine, every commit synced, at random moments of its life, start and recovery included, while
/// orchestrations of every kind are started and sent events all the time. Then everything must have come out as without a kill.
/// </summary>
internal sealed class CrashBenchmark(string folder, TextWriter output)
{
    public const int DefaultKills = 1000;
    public const int DefaultSeed = 1;
    private const double LongestLifeMilliseconds = 700;

    /// <summary>Runs, writes the tables, and tells whether every check held.</summary>
    public async Task<bool> RunAsync(int kills, int seed, CancellationToken ct)
    {
        var begun = Stopwatch.GetTimestamp();
        var undisturbed = await RunUndisturbedAsync(ct);
        var hub = Directory.CreateDirectory(Path.Combine(folder, "disturbed")).FullName;
        var random = new Random(seed);
        using var jobs = Endless(new Random(seed + 1)).GetEnumerator();
        var driver = new CrashDriver(hub, jobs, new Random(seed + 2));
        for (var kill = 1; kill <= kills; kill++)
        {
            await driver.LiveAndDieAsync(kill, TimeSpan.FromMilliseconds(random.NextDouble() * LongestLifeMilliseconds), ct);
            if (kill % 100 == 0)
                await output.WriteLineAsync(FormattableString.Invariant($"  {kill} kills, {driver.Started.Count} orchestrations started, {Stopwatch.GetElapsedTime(begun).TotalSeconds:0} s"));
        }

        await driver.LiveToTheEndAsync(kills + 1, startsMore: false, ct);
        var executions = ExecutionCounts.Read(hub, kills + 1);
        new ResultTable(FormattableString.Invariant($"crash: {kills} SIGKILLs at random moments, every commit synced, seed {seed}"))
            .Add("process start to ready, recovery included", "ms", driver.ReadyMilliseconds)
            .Write(output);
        Write("kills before the worker was ready", driver.KilledBeforeReady);
        Write("kills with activities running", executions.LivesWithWork);
        Write("orchestrations started", driver.Started.Count);
        Write("activities executed, attempts counted each", executions.Activities);
        Write("executed again after a kill", executions.Repeated);
        Write("starts and events sent again for want of an answer", driver.Commands.Sum(command => Math.Max(0, command.Sends - 1)));

        var checks = Check(hub, driver, undisturbed, executions);
        checks.Write(output);
        await output.WriteLineAsync(FormattableString.Invariant($"  in {Stopwatch.GetElapsedTime(begun).TotalSeconds:0} s"));
        return checks.AllHold;
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
        checks.Add("starts and events not acknowledged in the end", driver.Commands.Count, driver.Commands.Where(command => !command.IsAcknowledged).Select(command => command.Line));
        checks.Add("events received more often than sent, or lost", sends.Count, counted);
        checks.Add("histories with an effect twice or out of order", driver.Started.Count, reader.FindEffectsTwice());
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
