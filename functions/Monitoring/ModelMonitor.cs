using System.Collections.Concurrent;
using System.Globalization;
using Iml4e.Assessment.Experiment;
using Iml4e.Assessment.Pipelines;
using Iml4e.Catalog;
using Iml4e.Functions.Experiments;
using Iml4e.Functions.Retraining;
using Iml4e.Learning;

namespace Iml4e.Functions.Monitoring;

/// <summary>
/// What the prediction and outcome logs say, kept up to date by reading on from where it stopped. The logs are the truth; this is a cache in the process:
/// bounded figures of each model, and those of an experiment from its first look until it has not been looked at for a while. Predictions are read for
/// experiments alone, from the day that the experiment began.
/// </summary>
internal sealed class ModelMonitor(CatalogStore catalog, TimeProvider time)
{
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(30);

    private readonly ConcurrentDictionary<string, ExperimentReading> _experiments = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ModelTally> _models = new(StringComparer.Ordinal);

    /// <summary>A performance signal of a pipeline's champion; null when it has no champion or no reference.</summary>
    public async Task<SignalReading?> SignalAsync(PipelineDefinition pipeline, WatchedSignal signal, CancellationToken cancellationToken)
    {
        var model = await catalog.Models.GetAsync(pipeline.Name, cancellationToken);
        if (model?.Aliases.GetValueOrDefault("champion") is not { } champion)
            return null;
        var version = await catalog.Models.GetVersionAsync(pipeline.Name, champion, cancellationToken);
        var reference = signal.Signal == MonitoringSignals.Error ? 1 : ReferenceLoss(pipeline.Task, version!);
        if (reference is not > 0)
            return null;
        var scores = await ReadAsync(pipeline.Name, t => t.Signal(champion, signal.Window, reference.Value), cancellationToken, signal.Window);
        return new SignalReading(champion, [.. scores.Scores.Select(s => new SignalScore(s.Outcomes, s.Value, $"the newest {signal.Window} outcomes"))]);
    }

    /// <summary>A look at an experiment as of the request's time.</summary>
    public async Task<ExperimentLook> LookAsync(LookRequest request, CancellationToken cancellationToken)
    {
        Forget();
        // A clock may be wrong by a little: from the day before the first moment of the experiment.
        var reading = _experiments.GetOrAdd(
            request.ExperimentId, _ => new ExperimentReading(LogCursor.At(request.State.StartedAt.AddHours(-1)), time.GetTimestamp()));
        await reading.Gate.WaitAsync(cancellationToken);
        try
        {
            reading.LookedAt = time.GetTimestamp();
            await ReadAsync(request, reading, cancellationToken);
            return reading.Tally.Look(request);
        }
        finally
        {
            reading.Gate.Release();
        }
    }

    /// <summary>Quantiles of the champion's recent outcomes in a metric, for the frozen caps; null when there are too few.</summary>
    public Task<WinsorCaps?> CapsAsync(string model, string champion, PrimaryMetric metric, CancellationToken cancellationToken) =>
        ReadAsync(model, t => t.Caps(champion, metric), cancellationToken);

    /// <summary>The error over time for the dashboard: mean loss of successive buckets of outcomes.</summary>
    public Task<ErrorSeries> SeriesAsync(string model, CancellationToken cancellationToken) =>
        ReadAsync(model, t => t.Series(), cancellationToken);

    /// <summary>The loss that a version had on its hold-out, in the unit of the watched loss; null when it is not known.</summary>
    public static double? ReferenceLoss(LearningTask task, ModelVersion version) =>
        task == LearningTask.Classification
            ? version.Metrics.GetValueOrDefault("accuracy") is { } accuracy ? Math.Max(1 - accuracy, 1e-3) : null
            : version.Metrics.GetValueOrDefault("mae");

    // What nobody looks at any more has ended, or is looked at elsewhere; the logs tell it again.
    private void Forget()
    {
        foreach (var (id, reading) in _experiments)
        {
            if (time.GetElapsedTime(reading.LookedAt) > Forgotten)
                _experiments.TryRemove(KeyValuePair.Create(id, reading));
        }
    }

    private async Task ReadAsync(LookRequest request, ExperimentReading reading, CancellationToken cancellationToken)
    {
        // Predictions first: an outcome's prediction is then mostly there already.
        for (var more = true; more;)
        {
            var batch = await catalog.Predictions.ReadSlimAsync(request.Model, reading.Predictions, ct: cancellationToken);
            foreach (var record in batch.Records.Where(r => r.Experiment == request.ExperimentId))
                reading.Tally.Add(record);
            reading.Predictions = batch.Next;
            more = !batch.CaughtUp;
        }

        for (var more = true; more;)
        {
            var batch = await catalog.Outcomes.ReadAsync(request.Model, reading.Outcomes, ct: cancellationToken);
            foreach (var outcome in batch.Records.Where(o => o.Experiment == request.ExperimentId && double.IsFinite(o.Loss)).OrderBy(o => o.ReceivedAt))
                reading.Tally.Add(outcome);
            reading.Outcomes = batch.Next;
            more = !batch.CaughtUp;
        }
    }

    private async Task<T> ReadAsync<T>(string model, Func<ModelTally, T> read, CancellationToken cancellationToken, int window = 0)
    {
        // A larger window than the tally was made for needs what has been forgotten: the logs are read anew.
        var tally = _models.GetOrAdd(model, static (_, wanted) => new ModelTally(wanted), Math.Max(window, ModelTally.DefaultWindow));
        if (tally.Window < window)
            tally = _models[model] = new ModelTally(window);
        await tally.Gate.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                var batch = await catalog.Outcomes.ReadAsync(model, tally.OutcomeCursor, ct: cancellationToken);
                // Days before the cursor's are read to their end.
                DateTimeOffset? limit = batch.CaughtUp || batch.Next.From is not { } day
                    ? null
                    : new DateTimeOffset(DateOnly.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture).ToDateTime(default), TimeSpan.Zero);
                tally.Take(batch.Records.Select(OutcomePoint.Of), batch.Next, limit);
                if (batch.CaughtUp)
                    break;
            }

            return read(tally);
        }
        finally
        {
            tally.Gate.Release();
        }
    }
}

/// <summary>Mean loss over time: a point a bucket of outcomes, at the time of its newest prediction.</summary>
internal sealed record ErrorSeries(IReadOnlyList<ErrorPoint> Points, double? Recent, long Outcomes);

/// <summary>One bucket.</summary>
internal readonly record struct ErrorPoint(DateTimeOffset At, double Loss);
