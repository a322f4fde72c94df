using System.Collections.Concurrent;
using Iml4e.Assessment.Experiment;
using Iml4e.Assessment.Pipelines;
using Iml4e.Catalog;
using Iml4e.Functions.Experiments;
using Iml4e.Learning;

namespace Iml4e.Functions.Monitoring;

/// <summary>
/// What the prediction and outcome logs say, kept up to date by reading on from where it stopped. The logs are the truth; this is a cache in the process.
/// </summary>
internal sealed class ModelMonitor(CatalogStore catalog)
{
    private readonly ConcurrentDictionary<string, ModelTally> _models = new(StringComparer.Ordinal);

    /// <summary>The performance signal of a pipeline's champion; null when it has no champion or no reference.</summary>
    public async Task<PerformanceScores?> SignalAsync(PipelineDefinition pipeline, CancellationToken cancellationToken)
    {
        var model = await catalog.Models.GetAsync(pipeline.Name, cancellationToken);
        if (model?.Aliases.GetValueOrDefault("champion") is not { } champion)
            return null;
        var version = await catalog.Models.GetVersionAsync(pipeline.Name, champion, cancellationToken);
        var reference = pipeline.Monitor.Signal == "realized_error" ? 1 : ReferenceLoss(pipeline.Task, version!);
        if (reference is not > 0)
            return null;
        return await ReadAsync(pipeline.Name, t => t.Signal(champion, pipeline.Monitor.Window, reference.Value), cancellationToken);
    }

    /// <summary>A look at an experiment as of the request's time.</summary>
    public Task<ExperimentLook> LookAsync(LookRequest request, CancellationToken cancellationToken) =>
        ReadAsync(request.Model, t => t.Experiment(request.ExperimentId).Look(request), cancellationToken);

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

    private async Task<T> ReadAsync<T>(string model, Func<ModelTally, T> read, CancellationToken cancellationToken)
    {
        var tally = _models.GetOrAdd(model, static _ => new ModelTally());
        await tally.Gate.WaitAsync(cancellationToken);
        try
        {
            // Predictions first: an outcome's prediction is then mostly there already.
            while (true)
            {
                var batch = await catalog.Predictions.ReadAsync(model, tally.PredictionCursor, ct: cancellationToken);
                foreach (var record in batch.Records)
                    tally.Add(record);
                tally.PredictionCursor = batch.Next;
                if (batch.CaughtUp)
                    break;
            }

            // Each process writes a log of its own. Windows are windows in time, so what came since is put in order of time, also after a restart.
            var outcomes = new List<OutcomeRecord>();
            var cursor = tally.OutcomeCursor;
            while (true)
            {
                var batch = await catalog.Outcomes.ReadAsync(model, cursor, ct: cancellationToken);
                outcomes.AddRange(batch.Records);
                cursor = batch.Next;
                if (batch.CaughtUp)
                    break;
            }

            foreach (var outcome in outcomes.OrderBy(o => o.ReceivedAt))
                tally.Add(outcome);
            tally.OutcomeCursor = cursor;

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
