using Iml4e.CommandLine.Api;
using Iml4e.CommandLine.Stack;

namespace Iml4e.Benchmarks;

/// <summary>
/// Predictions over HTTP with a durable and with a buffered prediction log, against a bare Kestrel endpoint that reads and returns the same bodies. All are
/// child processes that share the machine with the caller; they are measured in turn, round by round, so that other work on it hits all of them alike.
/// </summary>
internal sealed class ServingBenchmark(string folder, TextWriter output)
{
    public const int DefaultSeconds = 3;
    public const int DefaultRounds = 3;
    private static readonly int[] Callers = [1, 32];
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    /// <summary>Measures and writes the tables.</summary>
    public async Task RunAsync(int seconds, int rounds, CancellationToken ct)
    {
        await using var durable = await StartAsync("durable", durably: true, ct);
        await using var buffered = await StartAsync("buffered", durably: false, ct);
        using var durableLoad = new LoadGenerator(durable.Url);
        using var bufferedLoad = new LoadGenerator(buffered.Url);
        var answer = await durableLoad.SendAsync(ct);
        BenchmarkModel.Check(answer);
        BenchmarkModel.Check(await bufferedLoad.SendAsync(ct));

        var port = Waiting.FreePort();
        await using var server = BareServer.Start(folder, port, answer);
        await Waiting.ListeningAsync(port, ct);
        using var bareLoad = new LoadGenerator(new Uri(FormattableString.Invariant($"http://127.0.0.1:{port}")));

        (string Name, LoadGenerator Load)[] targets = [("bare Kestrel", bareLoad), ("app, buffered log", bufferedLoad), ("app, durable log", durableLoad)];
        foreach (var (_, load) in targets)
            await load.RunAsync(Callers[^1], WarmUp, ct);
        foreach (var callers in Callers)
        {
            var latency = targets.Select(_ => new Sample()).ToArray();
            var throughput = targets.Select(_ => new Sample()).ToArray();
            for (var round = 0; round < rounds; round++)
            {
                for (var i = 0; i < targets.Length; i++)
                {
                    var (latencies, rate) = await targets[i].Load.RunAsync(callers, TimeSpan.FromSeconds(seconds), ct);
                    latency[i].AddRange(latencies);
                    throughput[i].Add(rate);
                }
            }

            var table = new ResultTable(FormattableString.Invariant($"serving: 16 features, 1 row, {callers} caller(s)"));
            for (var i = 0; i < targets.Length; i++)
            {
                var p99 = latency[i].Quantile(0.99) is { } value ? FormattableString.Invariant($"p99 {value:0.00} ms") : "p99 not known";
                table.Add($"{targets[i].Name}: latency", "ms", latency[i], i == 0 ? p99 : $"{p99}; {ResultTable.Ratio(latency[i], latency[0], "bare")}");
                table.Add($"{targets[i].Name}: throughput", "1/s", throughput[i], i == 0 ? "" : ResultTable.Ratio(throughput[i], throughput[0], "bare"));
            }

            table.Write(output);
        }
    }

    private async Task<LocalStack> StartAsync(string name, bool durably, CancellationToken ct)
    {
        var settings = new Dictionary<string, string> { ["Iml4e__DurablePredictions"] = durably ? "true" : "false" };
        var stack = await LocalStack.StartAsync(new LocalStackOptions(Path.Combine(folder, name), 0) { Settings = settings }, ct);
        using var api = new ApiClient(stack.Url);
        await BenchmarkModel.RegisterAsync(api, ct);
        return stack;
    }
}
