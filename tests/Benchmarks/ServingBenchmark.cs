using System.Globalization;
using System.Text.Json.Nodes;
using Iml4e.Benchmarks.Peers;
using Iml4e.CommandLine.Api;
using Iml4e.CommandLine.Stack;
using Iml4e.Inference;

namespace Iml4e.Benchmarks;

/// <summary>
/// Predictions over HTTP with a durable and with a buffered prediction log, against a bare Kestrel endpoint that reads and returns the same bodies and against
/// the same model behind Fastify and onnxruntime-node. All are child processes that share the machine with the caller; they are measured in turn, round by
/// round, so that other work on it hits all of them alike. The bars are for the buffered log.
/// </summary>
internal sealed class ServingBenchmark(string folder, TextWriter output)
{
    public const int DefaultSeconds = 3;
    public const int DefaultRounds = 3;
    private const int ManyCallers = 32;
    private const int LoggedElements = 256;
    private const string Allocated = "dotnet_gc_heap_total_allocated_bytes_total";

    // A server's first hundred thousand requests are served by code that is still being compiled, in the background, on the same processors.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(12);

    /// <summary>Measures and writes the tables.</summary>
    public async Task RunAsync(int seconds, int rounds, CancellationToken ct)
    {
        await using var buffered = await StartAsync("buffered", durably: false, ct);
        await RunOverheadAsync(buffered, seconds, rounds, ct);
        await RunPayloadsAsync(buffered, seconds, rounds, ct);
        await RunBatchesAsync(buffered, seconds, rounds, ct);
        await new DeadlineBenchmark(buffered.Url, output).RunAsync(ct);
    }

    private async Task RunOverheadAsync(LocalStack buffered, int seconds, int rounds, CancellationToken ct)
    {
        await using var durable = await StartAsync("durable", durably: true, ct);
        using var durableLoad = new LoadGenerator(durable.Url);
        using var bufferedLoad = new LoadGenerator(buffered.Url);
        var answer = await durableLoad.SendAsync(ct);
        BenchmarkModel.Check(answer);
        BenchmarkModel.Check(await bufferedLoad.SendAsync(ct));

        var barePort = Waiting.FreePort();
        await using var bare = BareServer.Start(folder, barePort, answer);
        await Waiting.ListeningAsync(barePort, ct);
        using var bareLoad = new LoadGenerator(Address(barePort));

        var targets = new List<(string Name, LoadGenerator Load)> { ("bare Kestrel", bareLoad), ("app, buffered log", bufferedLoad), ("app, durable log", durableLoad) };
        var missing = await FastifyPeer.InstallAsync(ct);
        var peerPort = Waiting.FreePort();
        await using var peer = missing is null ? FastifyPeer.Start(folder, peerPort, BenchmarkModel.Onnx(), BenchmarkModel.InferPath) : null;
        using var peerLoad = new LoadGenerator(Address(peerPort));
        if (missing is null)
        {
            await Waiting.ListeningAsync(peerPort, ct);
            BenchmarkModel.Check(await peerLoad.SendAsync(ct));
            targets.Add(("Fastify + onnxruntime-node", peerLoad));
        }
        else
        {
            output.WriteLine($"Fastify + onnxruntime-node is not measured: {missing}");
        }

        foreach (var (_, load) in targets)
            await load.RunAsync(ManyCallers, WarmUp, ct);
        var run = InProcess();
        var allocated = new Sample();
        foreach (var callers in (int[])[1, ManyCallers])
        {
            var (latency, throughput) = await MeasureAsync([.. targets.Select(t => t.Load)], callers, seconds, rounds, ct);
            var before = await AllocatedAsync(bufferedLoad, ct);
            allocated.Add((await AllocatedAsync(bufferedLoad, ct, 2000) - before) / 2000);
            var table = new ResultTable(FormattableString.Invariant($"serving: 16 features, 1 row, {callers} caller(s)"));
            for (var i = 0; i < targets.Count; i++)
            {
                var p99 = latency[i].Quantile(0.99) is { } value ? FormattableString.Invariant($"p99 {value:0.00} ms") : "p99 not known";
                table.Add($"{targets[i].Name}: latency", "ms", latency[i], i == 0 ? p99 : $"{p99}; {ResultTable.Ratio(latency[i], latency[0], "bare")}");
                table.Add($"{targets[i].Name}: throughput", "1/s", throughput[i], i == 0 ? "" : ResultTable.Ratio(throughput[i], throughput[0], "bare"));
            }

            table.Add("the model's run, in process", "ms", run);
            table.Add("app, buffered log: allocated per request", "bytes", allocated);
            table.Write(output);
            Judge(callers, run, latency, throughput);
        }
    }

    private void Judge(int callers, Sample run, Sample[] latency, Sample[] throughput)
    {
        if (callers == 1)
        {
            var overhead = (latency[1].Median - run.Median) / latency[0].Median;
            output.WriteLine(FormattableString.Invariant($"  overhead: infer less the run is {overhead:0.00} x bare; bar 1.5: {Met(overhead <= 1.5)}"));
            return;
        }

        var share = throughput[1].Median / throughput[0].Median;
        output.WriteLine(FormattableString.Invariant($"  throughput: {share:0.00} x bare; bar 0.5: {Met(share >= 0.5)}"));
        if (throughput.Length > 3)
        {
            var lead = throughput[1].Median / throughput[3].Median;
            output.WriteLine(FormattableString.Invariant($"  throughput: {lead:0.00} x Fastify + onnxruntime-node; bar 1.5: {Met(lead >= 1.5)}"));
        }
    }

    private async Task RunPayloadsAsync(LocalStack stack, int seconds, int rounds, CancellationToken ct)
    {
        using var api = new ApiClient(stack.Url);
        await BenchmarkModel.RegisterAsync(api, BenchmarkModel.IdentityName, BenchmarkModel.Identity(), ct);
        using var json = new LoadGenerator(stack.Url, BenchmarkModel.IdentityJson());
        using var binary = new LoadGenerator(stack.Url, BenchmarkModel.IdentityBinary());
        foreach (var load in new[] { json, binary })
            await load.RunAsync(4, WarmUp, ct);
        LoadGenerator[] loads = [binary, json];
        var latency = loads.Select(_ => new Sample()).ToArray();
        var allocated = loads.Select(_ => new Sample()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < loads.Length; i++)
            {
                var before = await AllocatedAsync(loads[i], ct);
                var (latencies, _) = await loads[i].RunAsync(1, TimeSpan.FromSeconds(seconds), ct);
                latency[i].AddRange(latencies);
                allocated[i].Add((await AllocatedAsync(loads[i], ct) - before) / latencies.Count);
            }
        }

        new ResultTable(FormattableString.Invariant($"serving: {BenchmarkModel.Floats} floats given back, 1 caller, buffered log with digests of the tensors"))
            .Add("binary: latency", "ms", latency[0], ResultTable.Bar(latency[0], 0.15, "ms"))
            .Add("JSON: latency", "ms", latency[1], ResultTable.Bar(latency[1], 0.4, "ms"))
            .Add("binary: allocated per request", "bytes", allocated[0], ResultTable.Bar(allocated[0], (2 * 4 * BenchmarkModel.Floats) + 16384, "bytes"))
            .Add("JSON: allocated per request", "bytes", allocated[1])
            .Write(output);
    }

    private async Task RunBatchesAsync(LocalStack stack, int seconds, int rounds, CancellationToken ct)
    {
        using var api = new ApiClient(stack.Url);
        var model = CostlyModel.Of(5, 0.1);
        await BenchmarkModel.RegisterAsync(api, BenchmarkModel.CostlyName, model.Onnx, ct);
        using var load = new LoadGenerator(stack.Url, BenchmarkModel.CostlySample());
        await load.RunAsync(4, WarmUp, ct);
        (string Name, string Config)[] arms = [("one request a run", """{"instances":1}"""), ("batches of at most 32", """{"instances":1,"max_batch_size":32,"max_queue_delay_us":1000}""")];
        var throughput = arms.Select(_ => new Sample()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < arms.Length; i++)
            {
                await api.SendJsonAsync(
                    HttpMethod.Post, $"v2/repository/models/{BenchmarkModel.CostlyName}/load",
                    new JsonObject { ["parameters"] = new JsonObject { ["config"] = arms[i].Config } }, null, ct);
                await load.RunAsync(ManyCallers, TimeSpan.FromSeconds(1), ct);
                throughput[i].Add((await load.RunAsync(ManyCallers, TimeSpan.FromSeconds(seconds), ct)).Throughput);
            }
        }

        var lead = throughput[1].Median / throughput[0].Median;
        new ResultTable(FormattableString.Invariant(
            $"serving: dynamic batching, one instance, {ManyCallers} callers of one sample; a run takes {model.Run:0.00} ms, each further sample {model.PerSample:0.00} ms"))
            .Add(arms[0].Name, "1/s", throughput[0])
            .Add(arms[1].Name, "1/s", throughput[1], FormattableString.Invariant($"{lead:0.00} x one a run; bar 2: {Met(lead >= 2)}"))
            .Write(output);
    }

    private static Sample InProcess()
    {
        using var session = ModelSession.Load(BenchmarkModel.Onnx());
        var inputs = BenchmarkModel.Inputs();
        return Sample.Of(() => session.RunInPlace(inputs).Dispose(), 20_000);
    }

    private static async Task<(Sample[] Latency, Sample[] Throughput)> MeasureAsync(LoadGenerator[] loads, int callers, int seconds, int rounds, CancellationToken ct)
    {
        var latency = loads.Select(_ => new Sample()).ToArray();
        var throughput = loads.Select(_ => new Sample()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < loads.Length; i++)
            {
                var (latencies, rate) = await loads[i].RunAsync(callers, TimeSpan.FromSeconds(seconds), ct);
                latency[i].AddRange(latencies);
                throughput[i].Add(rate);
            }
        }

        return (latency, throughput);
    }

    // Counted by the app's own runtime; the scrape itself adds some ten thousand bytes to a whole round.
    private static async Task<double> AllocatedAsync(LoadGenerator load, CancellationToken ct, int requests = 0)
    {
        for (var i = 0; i < requests; i++)
            await load.SendAsync(ct);
        var metrics = await load.GetAsync("metrics", ct);
        var line = metrics.Split('\n').FirstOrDefault(l => l.StartsWith(Allocated + " ", StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"The app does not expose {Allocated}.");
        return double.Parse(line[(Allocated.Length + 1)..], CultureInfo.InvariantCulture);
    }

    private static Uri Address(int port) => new(FormattableString.Invariant($"http://127.0.0.1:{port}"));

    private static string Met(bool met) => met ? "met" : "MISSED";

    // Larger tensors are logged by digest, as one would have it for a model of that many numbers.
    private async Task<LocalStack> StartAsync(string name, bool durably, CancellationToken ct)
    {
        var settings = new Dictionary<string, string>
        {
            ["Iml4e__DurablePredictions"] = durably ? "true" : "false",
            ["Iml4e__LoggedElements"] = FormattableString.Invariant($"{LoggedElements}"),
        };
        var stack = await LocalStack.StartAsync(new LocalStackOptions(Path.Combine(folder, name), 0) { Settings = settings }, ct);
        using var api = new ApiClient(stack.Url);
        await BenchmarkModel.RegisterAsync(api, ct);
        return stack;
    }
}
