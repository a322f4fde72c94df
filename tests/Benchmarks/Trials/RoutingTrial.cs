using System.Diagnostics;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Experiment;
using Iml4e.CommandLine.Api;

namespace Iml4e.Benchmarks.Trials;

/// <summary>
/// Many units through several processes while the stages change and processes are restarted, then a rollback under load: who was answered by which version
/// is held against the assignment, which is a pure function of experiment and unit.
/// </summary>
/// <param name="fleet">The processes.</param>
/// <param name="units">Units.</param>
/// <param name="dwell">Shortest stay in a stage.</param>
internal sealed class RoutingTrial(WorkerFleet fleet, int units, TimeSpan dwell) : IDisposable
{
    private const string Model = "routing";
    private const int Callers = 16;
    private static readonly double[] Stages = [0.05, 0.25, 0.5];
    private static readonly TimeSpan Agreement = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(2) }) { Timeout = TimeSpan.FromSeconds(30) };
    private readonly bool[] _exposed = new bool[units];
    private readonly Assignment[] _first = new Assignment[units];
    private readonly Lock _lock = new();
    private string _experiment = "";
    private double _share;
    private long _since;
    private long _rolledBack = long.MaxValue;
    private long _lastExposed;
    private int _next = -1;
    private int _left;
    private int _disagreed;
    private int _failed;
    private int _retried;
    private long _requests;

    /// <summary>Plays it.</summary>
    public async Task<RoutingResult> PlayAsync(CancellationToken ct)
    {
        using var api = new ApiClient(fleet.Urls[0]);
        var scene = TrialScenes.Plain(10);
        await RegisterAsync(api, scene.Champion with { Name = "champion" }, "champion", ct);
        await RegisterAsync(api, scene.Better with { Name = "challenger" }, "none", ct);
        var least = (int)(0.7 * Stages[0] * units);
        var configuration = JsonNode.Parse(FormattableString.Invariant($$"""
            {
              "stages": [0.05, 0.25, 0.5], "stageMinDwell": "{{dwell.TotalSeconds}}s", "stageMinUnitsPerArm": {{least}}, "primary": { "name": "absError" }, "maxDuration": "7d",
              "evaluationInterval": "1s", "labels": { "maturity": "0s", "deadline": "7d" }, "smoke": { "enabled": false }, "guardrails": []
            }
            """));
        var reply = await api.SendJsonAsync(
            HttpMethod.Post, "api/experiments", new JsonObject { ["model"] = Model, ["challenger"] = "2", ["experiment"] = configuration }, null, ct);
        _experiment = Json.Text(reply.Body!["id"])!;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var calls = Enumerable.Range(0, Callers).Select(_ => Task.Run(() => CallAsync(over.Token), ct)).ToArray();
        try
        {
            await StageAsync(api, Stages[0], 1, ct);
            await fleet.RestartAsync(1, kill: true, ct);
            await StageAsync(api, Stages[1], 1, ct);
            await fleet.RestartAsync(2, kill: false, ct);
            // The one that the experiment runs in: it goes on from where it was.
            await fleet.RestartAsync(0, kill: true, ct);
            await StageAsync(api, Stages[2], 1, ct);
            // Every unit once more in the last stage, by processes that all know it.
            var from = Volatile.Read(ref _next);
            await UntilAsync(() => Task.FromResult(Volatile.Read(ref _next) > from + units), ct);
            await Task.Delay(Agreement, ct);
            var failedBefore = _failed;
            await api.SendJsonAsync(HttpMethod.Post, $"api/experiments/{_experiment}/rollback", new JsonObject { ["reason"] = "measured" }, null, ct);
            Volatile.Write(ref _rolledBack, Stopwatch.GetTimestamp());
            await UntilAsync(async () => Json.Text((await api.GetAsync($"api/experiments/{_experiment}", ct))["state"]) == "rolledBack", ct);
            await Task.Delay(Agreement + Beat, ct);
            await over.CancelAsync();
            await Task.WhenAll(calls);
            var exposure = _first.Count(a => a == Assignment.Challenger);
            var control = _first.Count(a => a == Assignment.Control);
            var latency = _lastExposed == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(_rolledBack, _lastExposed);
            return new RoutingResult(
                units, _requests, _left, _disagreed, exposure, control, SampleRatioTest.Fixed([control, exposure]).P, Deciles(), latency, _failed - failedBefore, _failed, _retried);
        }
        finally
        {
            await over.CancelAsync();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static Task RegisterAsync(ApiClient api, TrialModel model, string alias, CancellationToken ct) => api.SendBytesAsync(
        HttpMethod.Put, $"api/models/{Model}/versions?task=regression&alias={alias}", model.Onnx(), "application/octet-stream", null, ct);

    // The stage is known from the experiment's own answer; ten seconds later nobody may answer as before it.
    private async Task StageAsync(ApiClient api, double share, int passes, CancellationToken ct)
    {
        await UntilAsync(async () => Json.Number((await api.GetAsync($"api/experiments/{_experiment}", ct))["share"]) == share, ct);
        lock (_lock)
            (_share, _since) = (share, Stopwatch.GetTimestamp());
        var from = Volatile.Read(ref _next);
        // A good part of the units in every stage, beyond the time that processes have to agree.
        await UntilAsync(() => Task.FromResult(Volatile.Read(ref _next) > from + (units * passes / 10)), ct);
    }

    private double Deciles()
    {
        var counts = new long[10];
        for (var i = 0; i < units; i++)
            counts[(int)(10 * UnitAssignment.Position(_experiment, Unit(i)))]++;
        return SampleRatioTest.Fixed(counts).P;
    }

    private async Task CallAsync(CancellationToken ct)
    {
        try
        {
            while (true)
            {
                var number = Interlocked.Increment(ref _next);
                await AskAsync(number % units, number, ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
    }

    private async Task AskAsync(int unit, int number, CancellationToken ct)
    {
        for (var attempt = 0; ; attempt++)
        {
            // A process that is down has no load balancer in front of it here: the caller takes the next.
            var url = fleet.Urls[(number + (number / units) + attempt) % fleet.Urls.Count];
            var sent = Stopwatch.GetTimestamp();
            using var message = new HttpRequestMessage(HttpMethod.Post, new Uri(url, $"v2/models/{Model}/infer"))
            {
                Content = new ByteArrayContent("""{"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"data":[0.5,0.1,0]}]}"""u8.ToArray()),
            };
            message.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
            message.Headers.Add("x-iml4e-unit", Unit(unit));
            try
            {
                using var response = await _http.SendAsync(message, ct);
                var body = await response.Content.ReadAsByteArrayAsync(ct);
                if (!response.IsSuccessStatusCode)
                {
                    // One that is about to stop says so.
                    if ((int)response.StatusCode == 503 && attempt < 8)
                    {
                        Interlocked.Increment(ref _retried);
                        continue;
                    }

                    Interlocked.Increment(ref _failed);
                    return;
                }

                Judge(unit, Json.Text(JsonNode.Parse(body)!["parameters"]!["variant"])!, sent);
                return;
            }
            catch (Exception e) when (e is HttpRequestException or IOException && attempt < 8)
            {
                Interlocked.Increment(ref _retried);
            }
        }
    }

    private void Judge(int unit, string variant, long sent)
    {
        Interlocked.Increment(ref _requests);
        lock (_lock)
        {
            var exposed = variant == "challenger";
            if (sent > _rolledBack)
            {
                if (exposed)
                    _lastExposed = Math.Max(_lastExposed, sent);
                return;
            }

            // While a rollback is asked for, answers may be of before or after.
            if (_rolledBack != long.MaxValue || _since == 0)
                return;
            if (_exposed[unit] && !exposed)
                _left++;
            _exposed[unit] |= exposed;
            if (variant is "challenger" or "control")
                _first[unit] = exposed ? Assignment.Challenger : Assignment.Control;
            var settled = Stopwatch.GetElapsedTime(_since, sent);
            if (sent < _since || settled < Agreement || _share == 0)
                return;
            var expected = UnitAssignment.Assign(_experiment, Unit(unit), _share);
            // The next stage may have begun in the moment; the one that was entered last is what its answer says at most.
            var next = UnitAssignment.Assign(_experiment, Unit(unit), Stages[Math.Min(Stages.Length - 1, Array.IndexOf(Stages, _share) + 1)]);
            if (variant != Wire(expected) && variant != Wire(next))
                _disagreed++;
        }
    }

    private static string Wire(Assignment assignment) => assignment switch
    {
        Assignment.Challenger => "challenger",
        Assignment.Control => "control",
        _ => "outside",
    };

    private static string Unit(int unit) => FormattableString.Invariant($"unit-{unit}");

    private static async Task UntilAsync(Func<Task<bool>> happened, CancellationToken ct)
    {
        while (!await happened())
            await Task.Delay(Beat, ct);
    }
}
