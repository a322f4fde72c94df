using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;

namespace Iml4e.Benchmarks.Trials;

/// <summary>
/// A whole experiment over HTTP alone: two versions are registered, the experiment is started, callers predict and tell later what happened, until it has
/// ended; then the audit log is verified and replayed.
/// </summary>
internal sealed class HttpTrial : IDisposable
{
    private const int Callers = 6;
    private const int FeedbackItems = 500;
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(2);

    private readonly ApiClient _api;
    private readonly HttpClient _http;
    private readonly TrialScene _scene;
    private readonly string _model;
    private readonly PriorityQueue<JsonObject, long> _labels = new();
    private readonly Lock _lock = new();
    private int _next = -1;
    private int _exposed;
    private int _failed;

    /// <param name="url">Root address of the app.</param>
    /// <param name="scene">Where it plays.</param>
    /// <param name="model">Name of the model; not used before.</param>
    public HttpTrial(Uri url, TrialScene scene, string model)
    {
        (_scene, _model) = (scene, model);
        _api = new ApiClient(url);
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = url, Timeout = TimeSpan.FromSeconds(60) };
    }

    /// <summary>What is done to the app meanwhile, given the experiment's id: it may be away then, and callers come back. Null for nothing.</summary>
    public Func<string, CancellationToken, Task>? Disturbance { get; init; }

    /// <summary>Plays it to its end.</summary>
    /// <param name="trial">The challenger.</param>
    /// <param name="configuration">The experiment.</param>
    /// <param name="seconds">The experiment's longest duration.</param>
    /// <param name="pace">Pause of a caller between two requests.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<TrialOutcome> PlayAsync(TrialCase trial, JsonObject configuration, int seconds, TimeSpan pace, CancellationToken ct)
    {
        await RegisterAsync(_scene.Champion with { Name = "champion" }, "champion", ct);
        await RegisterAsync(_scene.Challenger(trial), "none", ct);
        // Both versions are loaded before anybody waits for them.
        await PredictAsync(_scene.Requests[0], 1, ct);
        await PredictAsync(_scene.Requests[0] with { Rows = [[.. _scene.Requests[0].Rows[0][..^1], 0f]], Actual = [0] }, 2, ct);
        var started = Stopwatch.GetTimestamp();
        var reply = await _api.SendJsonAsync(
            HttpMethod.Post, "api/experiments", new JsonObject { ["model"] = _model, ["challenger"] = "2", ["experiment"] = configuration.DeepClone() }, null, ct);
        var id = Json.Text(reply.Body!["id"])!;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var callers = Enumerable.Range(0, Callers).Select(_ => CallAsync(trial, pace, over.Token)).Append(TellAsync(over.Token)).ToArray();
        var disturbed = Disturbance?.Invoke(id, over.Token) ?? Task.CompletedTask;
        JsonNode experiment;
        try
        {
            experiment = await EndAsync(id, seconds, ct);
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll([.. callers, disturbed]);
        }

        return await CheckAsync(id, experiment, Stopwatch.GetElapsedTime(started), ct);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _api.Dispose();
        _http.Dispose();
    }

    private Task RegisterAsync(TrialModel model, string alias, CancellationToken ct) => _api.SendBytesAsync(
        HttpMethod.Put, $"api/models/{_model}/versions?task=regression&alias={alias}", model.Onnx(), "application/octet-stream", null, ct);

    private async Task CallAsync(TrialCase trial, TimeSpan pace, CancellationToken ct)
    {
        try
        {
            while (true)
            {
                var request = _scene.Requests[Interlocked.Increment(ref _next) % _scene.Requests.Count];
                if (await PredictAsync(request, null, ct) is { } prediction)
                {
                    var late = trial == TrialCase.LateLabels && request.Loss(_scene.Champion) > _scene.Bad;
                    var due = Environment.TickCount64 + (late ? (long)TrialPlan.Delay.TotalMilliseconds : 0);
                    var label = new JsonObject
                    {
                        ["predictionId"] = prediction, ["value"] = new JsonArray([.. request.Actual.Select(a => (JsonNode)Math.Round(a, 6))]),
                    };
                    lock (_lock)
                        _labels.Enqueue(label, due);
                }

                await Task.Delay(pace, ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
    }

    private async Task<string?> PredictAsync(TrialRequest request, int? version, CancellationToken ct)
    {
        var data = string.Join(',', request.Rows.SelectMany(row => row).Select(v => v.ToString("R", CultureInfo.InvariantCulture)));
        var body = FormattableString.Invariant(
            $$"""{"inputs":[{"name":"x","datatype":"FP32","shape":[{{request.Rows.Length}},{{request.Rows[0].Length}}],"data":[{{data}}]}]}""");
        using var message = new HttpRequestMessage(HttpMethod.Post, version is null ? $"v2/models/{_model}/infer" : $"v2/models/{_model}/versions/{version}/infer")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        message.Headers.Add("x-iml4e-unit", request.Unit);
        using var response = await SendAsync(message, ct);
        if (response is null)
            return null;
        if (!response.IsSuccessStatusCode)
        {
            Interlocked.Increment(ref _failed);
            return null;
        }

        var answer = JsonNode.Parse(await response.Content.ReadAsByteArrayAsync(ct))!;
        if (Json.Text(answer["model_version"]) == "2")
            Interlocked.Increment(ref _exposed);
        return version is null ? Json.Text(answer["parameters"]!["prediction_id"]) : null;
    }

    private async Task<HttpResponseMessage?> SendAsync(HttpRequestMessage message, CancellationToken ct)
    {
        try
        {
            return await _http.SendAsync(message, ct);
        }
        catch (HttpRequestException) when (Disturbance is not null)
        {
            return null;
        }
    }

    // Labels that are due, a few hundred at a time, as a meter reading or a settlement would bring them.
    private async Task TellAsync(CancellationToken ct)
    {
        try
        {
            while (true)
            {
                var due = new JsonArray();
                lock (_lock)
                {
                    while (due.Count < FeedbackItems && _labels.TryPeek(out _, out var at) && at <= Environment.TickCount64)
                        due.Add(_labels.Dequeue());
                }

                if (due.Count > 0)
                    await ApiClient.UntilAcknowledgedAsync(t => _api.SendJsonAsync(HttpMethod.Post, "api/feedback", due, null, t), Slack, ct);
                await Task.Delay(Beat, ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
    }

    private async Task<JsonNode> EndAsync(string id, int seconds, CancellationToken ct)
    {
        var deadline = Environment.TickCount64 + (seconds * 1000L) + (long)Slack.TotalMilliseconds;
        while (true)
        {
            var experiment = await ApiClient.UntilAcknowledgedAsync(t => _api.GetAsync($"api/experiments/{id}", t), Slack, ct);
            if (experiment["endedAt"] is not null)
                return experiment;
            if (Environment.TickCount64 > deadline)
                throw new InvalidOperationException($"Experiment {id} does not end; it is {experiment.ToJsonString()}");
            await Task.Delay(Beat, ct);
        }
    }

    private async Task<TrialOutcome> CheckAsync(string id, JsonNode experiment, TimeSpan took, CancellationToken ct)
    {
        var model = await ApiClient.UntilAcknowledgedAsync(t => _api.GetAsync($"api/models/{_model}", t), Slack, ct);
        var chain = await _api.GetAsync($"api/models/{_model}/audit/verify", ct);
        var replay = await _api.GetAsync($"api/experiments/{id}/replay", ct);
        var entries = (await _api.GetAsync($"api/models/{_model}/audit", ct))["entries"]!.AsArray();
        var changes = entries.Count(e => Json.Text(e!["event"]) == "RoutingChanged") - 1;
        var intact = (bool)chain["intact"]! && (bool)replay["identical"]! && Json.Text(replay["state"]) == Json.Text(experiment["state"]);
        return new TrialOutcome(
            Json.Text(experiment["state"])!, Json.Text(experiment["reason"]) ?? "", Json.Text(model["aliases"]!["champion"])!, took.TotalSeconds, _next + 1, _exposed,
            _failed, intact, changes);
    }
}
