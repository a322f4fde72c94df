using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Iml4e.CommandLine.Api;
using Iml4e.Inference;
using Iml4e.Inference.Batching;
using Iml4e.Inference.Statistics;

namespace Iml4e.Benchmarks;

/// <summary>
/// Requests with a deadline that their model cannot keep: when the answer comes, which it is, and, with the batcher in this process, where each run can be
/// seen, how many runs begin although all who asked for them have been told that it is too late.
/// </summary>
internal sealed class DeadlineBenchmark(Uri address, TextWriter output)
{
    private const int Requests = 1000;
    private const int Callers = 8;
    private const double RunMilliseconds = 200;
    private const double LatestMilliseconds = 60;
    private const double LateShare = 0.05;
    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(20);

    /// <summary>Measures and writes the table.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var model = CostlyModel.Of(RunMilliseconds, 0);
        using (var api = new ApiClient(address))
            await BenchmarkModel.RegisterAsync(api, BenchmarkModel.SlowName, model.Onnx, ct);
        var (ended, refused) = await AskAsync(ct);
        var (runs, late) = await RunInProcessAsync(model.Onnx);
        var inTime = ended.Values.Count(milliseconds => milliseconds <= LatestMilliseconds);
        var share = runs == 0 ? 0 : (double)late / runs;
        new ResultTable(FormattableString.Invariant(
            $"serving: deadlines of {Deadline.TotalMilliseconds:0} ms, a run takes {model.Run:0} ms; {Requests} requests of {Callers} callers"))
            .Add("answered after", "ms", ended, FormattableString.Invariant(
                $"504: {refused} of {Requests}, within {LatestMilliseconds:0} ms: {inTime}; bar all: {Met(refused == Requests && inTime == Requests)}"))
            .Write(output);
        output.WriteLine(FormattableString.Invariant(
            $"  runs begun for nobody: {late} of {runs}, for {Requests} requests in process; bar {LateShare:0.00}: {Met(share <= LateShare)}"));
    }

    private static string Met(bool met) => met ? "met" : "MISSED";

    private static Task InParallelAsync(Func<Task> askAsync) =>
        Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < Requests / Callers; i++)
                await askAsync();
        })));

    private async Task<(Sample Ended, int Refused)> AskAsync(CancellationToken ct)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address };
        var request = BenchmarkModel.SlowSample();

        // The model is loaded, and each caller's connection opened, before the clock runs.
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => SendAsync(TimeSpan.FromMinutes(1))));
        var all = new ConcurrentBag<(double Milliseconds, HttpStatusCode Status)>();
        await InParallelAsync(async () =>
        {
            var sent = Stopwatch.GetTimestamp();
            var status = await SendAsync(Deadline);
            all.Add((Stopwatch.GetElapsedTime(sent).TotalMilliseconds, status));
        });
        var ended = new Sample();
        ended.AddRange(all.Select(answer => answer.Milliseconds));
        return (ended, all.Count(answer => answer.Status == HttpStatusCode.GatewayTimeout));

        async Task<HttpStatusCode> SendAsync(TimeSpan deadline)
        {
            using var message = request.ToMessage();
            message.Headers.Add("timeout-ms", deadline.TotalMilliseconds.ToString(CultureInfo.InvariantCulture));
            using var response = await http.SendAsync(message, ct);
            return response.StatusCode;
        }
    }

    private static async Task<(int Runs, int Late)> RunInProcessAsync(byte[] onnx)
    {
        using var session = ModelSession.Load(onnx);
        var statistics = new ModelStatistics();
        var callers = new ConcurrentDictionary<BatchRequest, CancellationToken>();
        var (runs, late) = (0, 0);
        var batcher = new DynamicBatcher<BatchRequest, ModelOutputs>(
            BatchingSettings.None,
            (requests, ct) =>
            {
                // As the session does before it runs: what stops here is not a run.
                ct.ThrowIfCancellationRequested();
                Interlocked.Increment(ref runs);
                if (requests.All(request => callers[request].IsCancellationRequested))
                    Interlocked.Increment(ref late);
                return new(SessionBatches.Run(requests, statistics, ct));
            },
            TimeProvider.System);
        await InParallelAsync(async () =>
        {
            using var deadline = new CancellationTokenSource(Deadline);
            var request = new BatchRequest(session, [Tensor.FromFloats("x", [1f], 1, 1)], null, batchable: false);
            callers[request] = deadline.Token;
            try
            {
                (await batcher.RunAsync(request, mayLeave: true, deadline.Token)).Value.Dispose();
            }
            catch (OperationCanceledException)
            {
                // What is to be expected of all of them.
            }
        });
        return (runs, late);
    }
}
