using System.Diagnostics;
using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.DurableTask.Client;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iml4e.Benchmarks;

/// <summary>
/// What an orchestrated activity costs: n activities that do nothing, at once and in turn, with every commit synced to the disk, against n synced SQLite
/// commits of one row each on the same disk; and whether twice as many take twice as long.
/// </summary>
internal sealed class DurableBenchmark(string folder, TextWriter output)
{
    public const int DefaultActivities = 1000;
    public const int DefaultRounds = 5;

    private const int Callers = 16;
    private const int Turns = 5;

    /// <summary>Measures and writes the table.</summary>
    public async Task RunAsync(int activities, int rounds)
    {
        SQLitePCL.Batteries_V2.Init();
        var settings = new DurableTaskSettings { DataFolder = Path.Combine(folder, "durable"), HubName = "Bench" };
        await using var engine = new OrchestrationEngine(settings, new NoOpFunctions(), NullLoggerFactory.Instance, TimeProvider.System);
        await engine.StartAsync();
        await using var client = new LocalDurableTaskClient(engine);
        await OrchestrateAsync(client, NoOpFunctions.FanOut, activities);
        await OrchestrateAsync(client, NoOpFunctions.Sequence, activities);
        using var connection = Open();
        Commit(connection, 2 * activities);

        Sample commits = new(), fanOut = new(), twiceFanOut = new(), sequence = new(), twiceSequence = new();
        for (var round = 0; round < rounds; round++)
        {
            // A quarter of the commits before each orchestration: what else the disk has to do changes within seconds.
            var quarters = Commit(connection, activities / 4);
            fanOut.Add(await OrchestrateAsync(client, NoOpFunctions.FanOut, activities));
            quarters += Commit(connection, activities / 4);
            sequence.Add(await OrchestrateAsync(client, NoOpFunctions.Sequence, activities));
            quarters += Commit(connection, activities / 4);
            twiceFanOut.Add(await OrchestrateAsync(client, NoOpFunctions.FanOut, 2 * activities));
            quarters += Commit(connection, activities - (3 * (activities / 4)));
            twiceSequence.Add(await OrchestrateAsync(client, NoOpFunctions.Sequence, 2 * activities));
            commits.Add(quarters);
        }

        var latency = await FirstActivityAsync(client);
        var completed = await CompleteAsync(client);
        new ResultTable("durable: whole orchestrations, every commit synced")
            .Add($"{activities} SQLite commits", "ms", commits)
            .Add($"{activities} activities at once", "ms", fanOut, ResultTable.Ratio(fanOut, commits, "commits"))
            .Add($"{2 * activities} activities at once", "ms", twiceFanOut, ResultTable.Ratio(twiceFanOut, fanOut, $"{activities} at once"))
            .Add($"{activities} activities in turn", "ms", sequence, ResultTable.Ratio(sequence, commits, "commits"))
            .Add($"{2 * activities} activities in turn", "ms", twiceSequence, ResultTable.Ratio(twiceSequence, sequence, $"{activities} in turn"))
            .Add("start to first activity", "ms", latency, FormattableString.Invariant($"p95 {latency.Quantile(0.95):0.0} ms, bar 50 ms"))
            .Add($"orchestrations of {Turns} activities in turn, {Callers} callers", "per s", completed, "bar 50 per s")
            .Add("the same, activities", "per s", Times(completed, Turns), "bar 200 per s")
            .Write(output);
    }

    private static async Task<Sample> FirstActivityAsync(LocalDurableTaskClient client)
    {
        var latency = new Sample();
        for (var i = 0; i < 250; i++)
        {
            var started = Stopwatch.GetTimestamp();
            var id = await client.ScheduleNewOrchestrationInstanceAsync(NoOpFunctions.Clock);
            var instance = await client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true);
            latency.Add(Stopwatch.GetElapsedTime(started, instance.ReadOutputAs<long>()).TotalMilliseconds);
        }

        return latency;
    }

    private static async Task<Sample> CompleteAsync(LocalDurableTaskClient client)
    {
        const int each = 100;
        var rates = new Sample();
        for (var round = 0; round < 3; round++)
        {
            var started = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
            {
                for (var i = 0; i < each; i++)
                    await OrchestrateAsync(client, NoOpFunctions.Sequence, Turns);
            }));
            rates.Add(Callers * each / Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        return rates;
    }

    private static Sample Times(Sample sample, double factor)
    {
        var result = new Sample();
        result.AddRange(sample.Values.Select(value => factor * value));
        return result;
    }

    private static async Task<double> OrchestrateAsync(LocalDurableTaskClient client, string name, int activities)
    {
        var started = Stopwatch.GetTimestamp();
        var id = await client.ScheduleNewOrchestrationInstanceAsync(name, activities);
        var instance = await client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true);
        var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return instance.RuntimeStatus == OrchestrationRuntimeStatus.Completed && instance.ReadOutputAs<int>() == activities
            ? elapsed
            : throw new InvalidOperationException($"{name} ended as {instance.RuntimeStatus}: {instance.FailureDetails?.ErrorMessage}");
    }

    // Both sides keep their database open and are warmed up: a write-ahead log that is written over again is synced faster than one that grows.
    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, "commits.db"), Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE rows (number INTEGER PRIMARY KEY, value TEXT NOT NULL)";
        command.ExecuteNonQuery();
        return connection;
    }

    private static double Commit(SqliteConnection connection, int count)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT INTO rows (value) VALUES ('a value of about the length that an event of the history has when it is written as JSON')";
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
            command.ExecuteNonQuery();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }
}
