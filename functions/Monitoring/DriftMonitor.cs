using System.Collections.Concurrent;
using System.Globalization;
using Iml4e.Assessment.Pipelines;
using Iml4e.Catalog;
using Iml4e.Functions.Datasets;
using Iml4e.Functions.Retraining;
using Iml4e.Functions.Serving;
using Iml4e.Learning;
using Microsoft.Extensions.Logging;

namespace Iml4e.Functions.Monitoring;

/// <summary>
/// The signal <c>dataset_drift_share</c>: the champion's logged inputs against the data that it was trained and validated on (specification of monitoring,
/// sections 3 and 5). A cache in the process; reference and log tell it again. Only pipelines that watch the signal have their inputs read.
/// </summary>
internal sealed class DriftMonitor(CatalogStore catalog, DatasetReader datasets, ModelSessions sessions, ILogger<DriftMonitor> logger)
{
    /// <summary>Property of a model version: newest labelled rows of its data that its training saw.</summary>
    public const string RowsProperty = "trainedRows";

    private readonly ConcurrentDictionary<string, Watch> _watches = new(StringComparer.Ordinal);

    /// <summary>The scores of a pipeline's champion; null when it has no champion, or one whose data are not known.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="window">Predictions in a window.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <param name="since">Mark of the newest score that was taken in, by version: a new process goes on from there.</param>
    public async Task<SignalReading?> ReadAsync(PipelineDefinition pipeline, int window, (string? Version, long Mark) since, CancellationToken cancellationToken)
    {
        var model = await catalog.Models.GetAsync(pipeline.Name, cancellationToken);
        if (model?.Aliases.GetValueOrDefault("champion") is not { } champion)
            return null;
        var watch = _watches.GetOrAdd(pipeline.Name, static _ => new Watch());
        await watch.Gate.WaitAsync(cancellationToken);
        try
        {
            if (watch.Key != (champion, window))
            {
                watch.Inputs = await StartAsync(pipeline, champion, window, since.Version == champion ? since.Mark : 0, cancellationToken);
                watch.Key = (champion, window);
            }

            if (watch.Inputs is not { } inputs)
                return null;
            for (var more = true; more;)
            {
                var batch = await catalog.Predictions.ReadAsync(pipeline.Name, inputs.Cursor, ct: cancellationToken);
                inputs.Add(batch.Records);
                inputs.Cursor = batch.Next;
                more = !batch.CaughtUp;
            }

            return inputs.Reading;
        }
        finally
        {
            watch.Gate.Release();
        }
    }

    private async Task<InputWindow?> StartAsync(PipelineDefinition pipeline, string champion, int window, long since, CancellationToken cancellationToken)
    {
        var version = (await catalog.Models.GetVersionAsync(pipeline.Name, champion, cancellationToken))!;
        if (version.DatasetVersion?.Split('/') is not [var dataset, var number]
            || await catalog.Datasets.GetVersionAsync(dataset, number, cancellationToken) is not { } data)
            return null;
        try
        {
            var frame = await datasets.ReadAsync(data, cancellationToken);
            int? rows = version.Properties.TryGetValue(RowsProperty, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var known) ? known : null;
            using var lease = await sessions.GetAsync(version, cancellationToken);
            var reference = DriftReference.Of(lease.Session.Metadata, frame, pipeline.Data.Label, pipeline.Data.Time, rows, window);
            var from = DateTimeOffset.FromUnixTimeMilliseconds(Math.Max(since, version.CreatedAt.AddHours(-1).ToUnixTimeMilliseconds()));
            return new InputWindow(reference, champion, window, since) { Cursor = LogCursor.At(from) };
        }
        catch (TrainingDataException e)
        {
            logger.LogWarning("The inputs of {Model} version {Version} cannot be compared with its data: {Reason}", pipeline.Name, champion, e.Message);
            return null;
        }
    }

    private sealed class Watch
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public (string? Version, int Window) Key { get; set; }

        public InputWindow? Inputs { get; set; }
    }
}
