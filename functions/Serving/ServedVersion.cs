using Iml4e.Inference;
using Iml4e.Inference.Batching;
using Iml4e.Inference.Caching;
using Iml4e.Inference.OpenInference;
using Iml4e.Inference.Statistics;

namespace Iml4e.Functions.Serving;

/// <summary>A model version as this process serves it: its queue and batches, its response cache, its statistics.</summary>
internal sealed class ServedVersion
{
    private readonly string _model;
    private readonly string _version;
    private readonly DynamicBatcher<BatchRequest, ModelOutputs> _batcher;
    private readonly ResponseCache? _cache;
    private readonly bool _batches;

    /// <param name="model">The model's name.</param>
    /// <param name="version">The version.</param>
    /// <param name="metadata">Its inputs and outputs; models that do not count samples in the first dimension are never batched.</param>
    /// <param name="document">How it is to be served; null = as the defaults say.</param>
    /// <param name="etag">Of the document.</param>
    /// <param name="statistics">What was counted so far.</param>
    /// <param name="time">The clock.</param>
    public ServedVersion(string model, string version, ModelMetadata metadata, ServingDocument? document, string? etag, ModelStatistics statistics, TimeProvider time)
    {
        (_model, _version, ETag, Statistics) = (model, version, etag, statistics);
        var settings = document?.Batching ?? BatchingSettings.None;
        _batches = settings.MaxBatchSize > 1 && SessionBatches.CanBatch(metadata);
        if (!_batches)
            settings = settings with { MaxBatchSize = 1, MaxQueueDelay = TimeSpan.Zero, PreferredBatchSizes = [] };
        _batcher = new DynamicBatcher<BatchRequest, ModelOutputs>(settings, (requests, ct) => new(SessionBatches.Run(requests, statistics, ct)), time);
        _cache = document?.Cache is { MaxBytes: > 0 } cache ? new ResponseCache(cache, time) : null;
    }

    /// <summary>Of the document whose settings these are.</summary>
    public string? ETag { get; }

    /// <summary>What was served so far.</summary>
    public ModelStatistics Statistics { get; }

    /// <summary>Runs a request, or finds its answer in the response cache.</summary>
    /// <param name="session">The session, held by the caller until the run has ended.</param>
    /// <param name="request">The request.</param>
    /// <param name="predictionId">Its id.</param>
    /// <param name="deadline">Reaches the queue and the run.</param>
    public async ValueTask<ServedRun> RunAsync(ModelSession session, InferenceRequest request, string predictionId, RequestDeadline deadline)
    {
        if (_cache is null)
            return new ServedRun(await BatchAsync(session, request, deadline), null);
        var started = TimeProvider.System.GetTimestamp();
        var key = ResponseCacheKey.Of(_model, _version, request.Inputs, request.OutputNames);
        var known = await _cache.FindAsync(key, deadline.Token);
        Statistics.Looked(known is not null, TimeProvider.System.GetElapsedTime(started));
        if (known is not null)
            return new ServedRun(new Batched<ModelOutputs>(InOrder(known.Outputs, request), TimeSpan.Zero, TimeSpan.Zero, 0), known.PredictionId);
        CachedResponse? answer = null;
        try
        {
            var run = await BatchAsync(session, request, deadline);
            answer = new CachedResponse(run.Value.Copy(), predictionId);
            return new ServedRun(run, null);
        }
        finally
        {
            _cache.Complete(key, answer);
        }
    }

    private ValueTask<Batched<ModelOutputs>> BatchAsync(ModelSession session, InferenceRequest request, RequestDeadline deadline) =>
        _batcher.RunAsync(new BatchRequest(session, request.Inputs, request.OutputNames, _batches), mayLeave: deadline.IsSet, deadline.Token);

    // Requests that ask for the same outputs in another order share an answer.
    private static ModelOutputs InOrder(ModelOutputs outputs, InferenceRequest request) =>
        request.OutputNames is { } names ? ModelOutputs.Of([.. names.Select(name => outputs.First(output => output.Name == name))]) : outputs;
}

/// <summary>A run and whose answer it is.</summary>
/// <param name="Run">Outputs and times.</param>
/// <param name="CachedFrom">The prediction that computed the outputs before; null when they were computed now.</param>
internal readonly record struct ServedRun(Batched<ModelOutputs> Run, string? CachedFrom);
