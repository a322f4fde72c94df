using System.Diagnostics;
using System.Threading.Channels;
using Iml4e.Catalog;
using Iml4e.Functions.Telemetry;
using Iml4e.Inference;
using Iml4e.Inference.OpenInference;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions.Serving;

/// <summary>A served request to be scored once more by the challenger.</summary>
internal sealed record ShadowRequest(PredictionRecord Served, string ChallengerVersion, InferenceRequest Request, LoggingPlan Plan);

/// <summary>
/// Scores copies of served requests with the challenger, off the request path. The shadow record carries the id of the served prediction, so that the pair
/// is analysed together; when the queue is full a copy is dropped, and with it the pair.
/// </summary>
internal sealed class ShadowScorer(
    CatalogStore catalog, RoutingTable routing, ModelSessions sessions, AppMetrics metrics, IOptions<AppOptions> options, ILogger<ShadowScorer> logger)
    : BackgroundService
{
    private readonly Channel<ShadowRequest> _queue = Channel.CreateBounded<ShadowRequest>(
        new BoundedChannelOptions(options.Value.ShadowQueue) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    /// <summary>Queues a copy; drops it when the queue is full.</summary>
    public void Enqueue(ShadowRequest request)
    {
        if (!_queue.Writer.TryWrite(request))
            metrics.ShadowDropped(request.Served.Model);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var request in _queue.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await ScoreAsync(request, stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                logger.LogWarning(e, "A shadow request of model {Model} could not be scored.", request.Served.Model);
            }
        }
    }

    private async Task ScoreAsync(ShadowRequest request, CancellationToken cancellationToken)
    {
        var served = request.Served;
        if (await routing.FindAsync(served.Model, cancellationToken) is not { } snapshot)
            return;
        var version = await routing.VersionAsync(snapshot, request.ChallengerVersion, cancellationToken);
        var started = Stopwatch.GetTimestamp();
        var record = served with { Version = version.Version, Digest = version.Digest, Variant = PredictionVariant.Shadow };
        IReadOnlyList<Tensor>? outputs = null;
        try
        {
            using var lease = await sessions.GetAsync(version, cancellationToken);
            outputs = PredictionService.Run(lease.Session, request.Request, cancellationToken);
            var predicted = PredictionOutputs.From(outputs);
            record = record with { Predicted = predicted.Values, PredictedLabels = predicted.Labels, Status = "ok" };
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            record = record with { Predicted = null, PredictedLabels = null, Status = "error" };
        }

        record = record with { LatencyMs = Stopwatch.GetElapsedTime(started).TotalMilliseconds };
        await catalog.Predictions.AppendAsync(record, new PredictionContent(request.Plan, null, outputs), Durability.Buffered, cancellationToken);
    }
}
