using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;
using Iml4e.CommandLine.Simulation;

namespace Iml4e.CommandLine.Demo;

/// <summary>
/// Plays the demo through the public HTTP surface alone: a pipeline, a year of history, a first model; then day by day predictions, meter readings that
/// come days later as feedback, and weekly data; until the change in the building was found and answered. Every call is repeated until the app
/// acknowledges it, so that the app may be killed at any moment.
/// </summary>
internal sealed class Story(ApiClient api, StoryBuilding building, StoryState state, string stateFile, IStoryScreen screen)
{
    /// <summary>Name of the model, the pipeline and the data set.</summary>
    public const string Model = "hq-heating";

    private const int Concurrency = 8;
    private const int UploadEveryDays = 7;
    private const int ShortestDelayDays = 1;
    private const int LongestDelayDays = 3;
    private const int MostDaysAhead = 10;
    private const int FirstDayStream = 100_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan FirstModelPatience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan BusyPatience = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan QuietDay = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan SpareDay = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan BusyDay = TimeSpan.FromMilliseconds(900);

    private readonly Lock _gate = new();
    private InferenceRequestWriter? _requests;
    private volatile bool _training;
    private volatile bool _experiment;
    private int _busySince = -1;

    /// <summary>Plays until the story is told, the heating season is over, or the caller gives up.</summary>
    /// <param name="goOn">Asked when the story is told or the season over: true goes on, with further days as long as there are any.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<StoryVerdict> PlayAsync(Func<bool> goOn, CancellationToken ct)
    {
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var watch = WatchAsync(watching.Token);
        try
        {
            await OpenAsync(ct);
            while (state.Day < StoryBuilding.EndDay)
            {
                var verdict = Verdict();
                if (verdict.IsTold && !goOn())
                    break;
                await Task.Delay(verdict.IsTold ? SpareDay : _training || _experiment ? BusyDay : QuietDay, ct);
                await HoldAsync(ct);
                await PlayDayAsync(ct);
                if (watch.IsFaulted)
                    await watch;
            }
            // Nothing is left to play, but the caller is not done.
            while (goOn())
                await Task.Delay(QuietDay, ct);
        }
        finally
        {
            await watching.CancelAsync();
            await StopWatchingAsync(watch);
        }
        lock (_gate)
            state.Save(stateFile);
        return Verdict();
    }

    /// <summary>The verdict on what has happened so far.</summary>
    public StoryVerdict Verdict()
    {
        lock (_gate)
            return StoryVerdict.Of(state);
    }

    /// <summary>
    /// Error that the first champion would have made on the latest week, for comparison: the same days, asked of that version by name.
    /// Null when it is not served any more.
    /// </summary>
    public async Task<double?> FirstModelErrorAsync(int days, CancellationToken ct)
    {
        if (_requests is null)
            return null;
        var last = state.Errors.Count == 0 ? 0 : state.Errors.Keys.Max() + 1;
        var sum = new DayError(0, 0);
        try
        {
            for (var day = Math.Max(0, last - days); day < last; day++)
            {
                for (var zone = 0; zone < StoryBuilding.Zones; zone++)
                {
                    var body = _requests.Write(building, zone, day);
                    var reply = await ApiClient.UntilAcknowledgedAsync(
                        token => api.SendBytesAsync(HttpMethod.Post, $"v2/models/{Model}/versions/1/infer", body, "application/json", null, token),
                        Patience, ct);
                    sum += ErrorOf(Values(reply), zone, day);
                }
            }
        }
        catch (ApiException e) when (e.IsCallersFault)
        {
            return null;
        }
        return sum.ZoneHours == 0 ? null : sum.AbsoluteKilowattHours / sum.ZoneHours;
    }

    private async Task OpenAsync(CancellationToken ct)
    {
        if (!state.Opened)
        {
            screen.Say("The pipeline: data, training, gate, live experiment and monitor of one model, in one document.");
            var pipeline = Encoding.UTF8.GetBytes(PipelineDocument());
            await PutAsync($"api/pipelines/{Model}", pipeline, "application/yaml", null, ct);
            var history = building.HistoryCsv();
            screen.Say(FormattableString.Invariant(
                $"A year of hourly readings of {StoryBuilding.Zones} zones ({history.Length / 1e6:0.0} MB) goes into the data set."));
            await PutAsync(
                $"api/datasets/{Model}?mode=replace&file=history.csv", history, "text/csv", FormattableString.Invariant($"story-{state.Seed}-history"), ct);
            screen.Say("The first training starts.");
            await ApiClient.UntilAcknowledgedAsync(
                token => api.SendJsonAsync(
                    HttpMethod.Post, $"api/pipelines/{Model}/runs", new JsonObject { ["reason"] = "first training" },
                    new Dictionary<string, string> { ["Idempotency-Key"] = "story-first-training" }, token),
                Patience, ct);
            state.Opened = true;
            lock (_gate)
                state.Save(stateFile);
        }
        var metadata = await WaitForModelAsync(ct);
        _requests = InferenceRequestWriter.From(metadata);
        screen.Say("The first model is the champion: the building goes live.");
    }

    private async Task<JsonNode> WaitForModelAsync(CancellationToken ct)
    {
        var deadline = Environment.TickCount64 + (long)FirstModelPatience.TotalMilliseconds;
        while (true)
        {
            try
            {
                return await ApiClient.UntilAcknowledgedAsync(token => api.GetAsync($"v2/models/{Model}", token), Patience, ct);
            }
            catch (ApiException e) when (e.Status == HttpStatusCode.NotFound && Environment.TickCount64 < deadline)
            {
                await Task.Delay(200, ct);
            }
            catch (ApiException e) when (e.Status == HttpStatusCode.NotFound)
            {
                throw new StoryException($"The first training brought no model in {FirstModelPatience.TotalMinutes:0} minutes. {await LastRunAsync(ct)}");
            }
        }
    }

    private async Task<string> LastRunAsync(CancellationToken ct)
    {
        var status = await api.GetAsync($"api/pipelines/{Model}/status", ct);
        return "The pipeline says: " + status.ToJsonString();
    }

    // A training takes as long as it takes, while simulated days pass quickly: past ten days the building waits, so that the season does not run out.
    private async Task HoldAsync(CancellationToken ct)
    {
        if (!_training)
        {
            _busySince = -1;
            return;
        }
        if (_busySince < 0)
            _busySince = state.Day;
        var deadline = Environment.TickCount64 + (long)BusyPatience.TotalMilliseconds;
        while (_training && state.Day - _busySince >= MostDaysAhead && Environment.TickCount64 < deadline)
            await Task.Delay(200, ct);
    }

    private async Task PlayDayAsync(CancellationToken ct)
    {
        var day = state.Day;
        var split = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var choice = RandomStream.For(state.Seed, FirstDayStream + day);
        var delays = new int[StoryBuilding.Zones];
        for (var zone = 0; zone < delays.Length; zone++)
            delays[zone] = ShortestDelayDays + (int)(choice.NextUniform() * (LongestDelayDays + 1 - ShortestDelayDays));
        var options = new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = ct };
        await Parallel.ForAsync(0, StoryBuilding.Zones, options, async (zone, token) =>
        {
            var prediction = await PredictAsync(zone, day, day + delays[zone], token);
            lock (_gate)
            {
                state.Pending.Add(prediction);
                state.Predictions++;
                split[prediction.Version] = split.GetValueOrDefault(prediction.Version) + 1;
            }
        });
        await SendReadingsAsync(day, ct);
        if (day - LongestDelayDays - state.UploadedBefore >= UploadEveryDays)
            await UploadAsync(day - LongestDelayDays, ct);
        lock (_gate)
        {
            state.LatestSplit.Clear();
            foreach (var (version, count) in split)
                state.LatestSplit[version] = count;
            state.Day = day + 1;
            state.Save(stateFile);
            screen.Update(state, StoryVerdict.Of(state));
        }
    }

    private async Task<PendingPrediction> PredictAsync(int zone, int day, int dueDay, CancellationToken ct)
    {
        var body = _requests!.Write(building, zone, day);
        var unit = string.Create(CultureInfo.InvariantCulture, $"{building.Building.Zones[zone].Name}/{StoryBuilding.DateOf(day):yyyy-MM-dd}");
        var headers = new Dictionary<string, string> { ["x-iml4e-unit"] = unit };
        // An unanswered request may have been served: asking again is a new prediction, and only the acknowledged one gets feedback.
        var reply = await ApiClient.UntilAcknowledgedAsync(
            token => api.SendBytesAsync(HttpMethod.Post, $"v2/models/{Model}/infer", body, "application/json", headers, token), Patience, ct);
        var id = reply.Header("x-prediction-id") ?? Json.Text(reply.Body?["parameters"]?["prediction_id"])
            ?? throw new StoryException("A prediction came without an id.");
        var version = reply.Body?["model_version"]?.ToString() ?? "?";
        return new PendingPrediction(id, zone, day, dueDay, version, Values(reply));
    }

    private async Task SendReadingsAsync(int day, CancellationToken ct)
    {
        List<PendingPrediction> due;
        lock (_gate)
            due = [.. state.Pending.Where(p => p.DueDay <= day)];
        if (due.Count == 0)
            return;
        var items = new JsonArray();
        foreach (var prediction in due)
        {
            var values = new JsonArray();
            foreach (var reading in building.Day(prediction.Zone, prediction.Day))
                values.Add(reading.KilowattHours);
            items.Add(new JsonObject { ["predictionId"] = prediction.Id, ["value"] = values });
        }
        int rejected;
        try
        {
            var reply = await ApiClient.UntilAcknowledgedAsync(
                token => api.SendJsonAsync(HttpMethod.Post, "api/feedback", items.DeepClone(), null, token), Patience, ct);
            rejected = reply.Body?["rejected"] is JsonArray list ? list.Count : 0;
        }
        catch (ApiException e) when (e.Status == HttpStatusCode.BadRequest)
        {
            screen.Say("Readings were refused: " + e.Message);
            rejected = due.Count;
        }
        lock (_gate)
        {
            state.LostPredictions += rejected;
            foreach (var prediction in due)
            {
                state.Pending.Remove(prediction);
                var error = ErrorOf(prediction.KilowattHours, prediction.Zone, prediction.Day);
                state.Errors[prediction.Day] = state.Errors.TryGetValue(prediction.Day, out var known) ? known + error : error;
            }
        }
    }

    private async Task UploadAsync(int before, CancellationToken ct)
    {
        var csv = building.LiveCsv(state.UploadedBefore, before);
        var name = string.Create(CultureInfo.InvariantCulture, $"{StoryBuilding.DateOf(state.UploadedBefore):yyyy-MM-dd}");
        await PutAsync($"api/datasets/{Model}?mode=append&file={name}.csv", csv, "text/csv", FormattableString.Invariant($"story-{state.Seed}-{name}"), ct);
        state.UploadedBefore = before;
    }

    private Task<ApiReply> PutAsync(string path, byte[] body, string mediaType, string? key, CancellationToken ct) =>
        ApiClient.UntilAcknowledgedAsync(
            token => api.SendBytesAsync(
                HttpMethod.Put, path, body, mediaType, key is null ? null : new Dictionary<string, string> { ["Idempotency-Key"] = key }, token),
            Patience, ct);

    private DayError ErrorOf(double[] predicted, int zone, int day)
    {
        var readings = building.Day(zone, day);
        if (predicted.Length != readings.Length)
            throw new StoryException(FormattableString.Invariant($"A prediction for {readings.Length} hours has {predicted.Length} values."));
        double sum = 0;
        for (var hour = 0; hour < readings.Length; hour++)
            sum += Math.Abs(predicted[hour] - readings[hour].KilowattHours);
        return new DayError(sum, readings.Length);
    }

    private static double[] Values(ApiReply reply)
    {
        foreach (var output in reply.Body?["outputs"] as JsonArray ?? [])
        {
            if (Json.Text(output?["name"]) == "prediction" && output?["data"] is JsonArray data)
                return [.. data.Select(v => Json.Number(v) ?? throw new StoryException("A prediction is not a number."))];
        }
        throw new StoryException("An answer has no output 'prediction': " + reply.Body?.ToJsonString());
    }

    private static string PipelineDocument()
    {
        using var stream = typeof(Story).Assembly.GetManifestResourceStream("pipeline.yaml")
            ?? throw new StoryException("The demo's pipeline document is missing.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private async Task WatchAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            await ReadEventsAsync(ct);
            await ReadStatusAsync(ct);
            await Task.Delay(300, ct);
        }
    }

    private async Task ReadEventsAsync(CancellationToken ct)
    {
        var query = state.EventCursor is { } cursor ? "?after=" + Uri.EscapeDataString(cursor) : "";
        var answer = await ApiClient.UntilAcknowledgedAsync(token => api.GetAsync("api/events" + query, token), Patience, ct);
        lock (_gate)
        {
            foreach (var node in answer["events"] as JsonArray ?? [])
            {
                if (node is null || (Json.Text(node["model"]) is { } model && model != Model))
                    continue;
                var told = StoryEvent.Read(state.Day, node);
                // After a restart the app may tell again what it has told before.
                if (state.Events.Any(e => e.At == told.At && e.Name == told.Name && e.Detail == told.Detail))
                    continue;
                state.Events.Add(told);
                screen.Tell(told);
            }
            if (answer["next"] is { } next)
                state.EventCursor = next.ToString();
        }
    }

    private async Task ReadStatusAsync(CancellationToken ct)
    {
        JsonNode status;
        try
        {
            status = await ApiClient.UntilAcknowledgedAsync(token => api.GetAsync($"api/pipelines/{Model}/status", token), Patience, ct);
        }
        catch (ApiException e) when (e.Status == HttpStatusCode.NotFound)
        {
            // The pipeline is not put yet.
            return;
        }
        _experiment = status["experiment"] is JsonObject;
        // A retraining runs on while its challenger is tested; the building waits for the training alone.
        _training = Json.Text(status["retrain"]?["state"]) is "running" or "pending" && !_experiment && Json.Text(status["retrain"]?["step"]) != "experiment";
        lock (_gate)
            state.Champion = status["champion"]?.ToString() ?? state.Champion;
    }

    private static async Task StopWatchingAsync(Task watch)
    {
        try
        {
            await watch;
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }
    }
}
