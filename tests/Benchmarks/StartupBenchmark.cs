using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;
using Iml4e.CommandLine.Stack;

namespace Iml4e.Benchmarks;

/// <summary>
/// How soon a start of the app answers its first prediction, of a model that is registered already, and how much memory it holds at rest. The blob service is
/// up before; each start is a new process. Beside the elapsed time, which other work on the machine lengthens, stands the processor time that was spent.
/// </summary>
internal sealed class StartupBenchmark(string folder, TextWriter output)
{
    public const int DefaultStarts = 5;
    public const int DefaultIdleSeconds = 30;
    private const int Predictions = 100;
    private const int TrainingRows = 20_000;
    private const double BarSeconds = 2;
    private const double BarMegabytes = 250;

    /// <summary>Measures and writes the tables.</summary>
    public async Task RunAsync(int starts, int idleSeconds, CancellationToken ct)
    {
        await using var stack = await LocalStack.StartStorageAsync(new LocalStackOptions(Path.Combine(folder, "startup"), 0), ct);
        using var api = new ApiClient(stack.Url);
        await stack.RestartAppAsync(ct);
        await BenchmarkModel.RegisterAsync(api, ct);
        await UploadAsync(api, ct);

        Sample listening = new(), ready = new(), first = new(), processor = new();
        byte[] answer = [];
        for (var i = 0; i < starts; i++)
        {
            await stack.StopAppAsync();
            using var http = new HttpClient { BaseAddress = stack.Url };
            var started = Stopwatch.GetTimestamp();
            await stack.LaunchAppAsync();
            await Waiting.ListeningAsync(stack.Url.Port, ct);
            listening.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            await Waiting.SuccessAsync(http, () => new HttpRequestMessage(HttpMethod.Get, "v2/health/ready"), ct);
            ready.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            answer = await Waiting.SuccessAsync(http, Prediction, ct);
            first.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            processor.Add(ProcessorSeconds(stack.AppProcessId));
            BenchmarkModel.Check(answer);
        }

        Sample bare = new(), bareProcessor = new(), bareMemory = new();
        for (var i = 0; i < starts; i++)
        {
            var port = Waiting.FreePort();
            using var http = new HttpClient { BaseAddress = new Uri(FormattableString.Invariant($"http://127.0.0.1:{port}")) };
            var started = Stopwatch.GetTimestamp();
            await using var server = BareServer.Start(folder, port, answer);
            await Waiting.SuccessAsync(http, Prediction, ct);
            bare.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            bareProcessor.Add(ProcessorSeconds(server.Id));
            bareMemory.Add(WorkingSet(server.Id));
        }

        new ResultTable("startup: from process start, Release, blob service up")
            .Add("app listening", "s", listening)
            .Add("app ready", "s", ready)
            .Add("app first prediction", "s", first, $"{ResultTable.Bar(first, BarSeconds, "s")}; {ResultTable.Ratio(first, bare, "bare")}")
            .Add("app processor time", "s", processor, ResultTable.Ratio(processor, bareProcessor, "bare"))
            .Add("bare first answer", "s", bare)
            .Add("bare processor time", "s", bareProcessor)
            .Write(output);

        var (rest, trained) = (new Sample(), new Sample());
        await RestAsync(api, idleSeconds, ct);
        rest.Add(WorkingSet(stack.AppProcessId));
        await TrainAsync(api, ct);
        await Task.Delay(TimeSpan.FromSeconds(idleSeconds), ct);
        trained.Add(WorkingSet(stack.AppProcessId));
        new ResultTable($"startup: working set, {idleSeconds} s at rest")
            .Add($"after {Predictions} predictions", "MB", rest, $"{ResultTable.Bar(rest, BarMegabytes, "MB")}; {ResultTable.Ratio(rest, bareMemory, "bare")}")
            .Add("after a training", "MB", trained, $"{ResultTable.Bar(trained, BarMegabytes, "MB")}; {ResultTable.Ratio(trained, bareMemory, "bare")}")
            .Add("bare after its answer", "MB", bareMemory)
            .Write(output);
    }

    private static HttpRequestMessage Prediction() => new(HttpMethod.Post, BenchmarkModel.InferPath)
    {
        Content = new ByteArrayContent(BenchmarkModel.Request()) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
    };

    private static async Task RestAsync(ApiClient api, int seconds, CancellationToken ct)
    {
        for (var i = 0; i < Predictions; i++)
            await api.SendBytesAsync(HttpMethod.Post, BenchmarkModel.InferPath, BenchmarkModel.Request(), "application/json", null, ct);
        await Task.Delay(TimeSpan.FromSeconds(seconds), ct);
    }

    // Rows of a noisy plane in 16 features.
    private static async Task UploadAsync(ApiClient api, CancellationToken ct)
    {
        var random = new Random(1);
        var csv = new StringBuilder(string.Join(',', Enumerable.Range(0, BenchmarkModel.Features).Select(i => $"x{i}"))).Append(",y\n");
        for (var row = 0; row < TrainingRows; row++)
        {
            var y = random.NextDouble();
            for (var i = 0; i < BenchmarkModel.Features; i++)
            {
                var x = random.NextDouble();
                y += x / (i + 1);
                csv.Append(CultureInfo.InvariantCulture, $"{x:0.0000},");
            }

            csv.Append(CultureInfo.InvariantCulture, $"{y:0.0000}\n");
        }

        await api.SendBytesAsync(HttpMethod.Put, "api/datasets/bench-plane?mode=replace&file=plane.csv", Encoding.UTF8.GetBytes(csv.ToString()), "text/csv", null, ct);
    }

    private static async Task TrainAsync(ApiClient api, CancellationToken ct)
    {
        var request = new JsonObject { ["dataset"] = "bench-plane", ["task"] = "regression", ["label"] = "y", ["trainer"] = "boosted-trees" };
        var reply = await api.SendJsonAsync(HttpMethod.Post, "api/jobs/train", request, null, ct);
        var id = reply.Body?["id"]?.GetValue<string>() ?? throw new InvalidOperationException("The training was not taken.");
        while (true)
        {
            var job = await api.GetAsync($"api/jobs/{id}", ct);
            switch (job["status"]?.GetValue<string>())
            {
                case "completed":
                    return;
                case "failed" or "cancelled":
                    throw new InvalidOperationException("The training did not complete: " + job.ToJsonString());
                default:
                    await Task.Delay(200, ct);
                    break;
            }
        }
    }

    private static double ProcessorSeconds(int processId)
    {
        using var process = Process.GetProcessById(processId);
        return process.TotalProcessorTime.TotalSeconds;
    }

    private static double WorkingSet(int processId)
    {
        using var process = Process.GetProcessById(processId);
        return process.WorkingSet64 / 1e6;
    }
}
