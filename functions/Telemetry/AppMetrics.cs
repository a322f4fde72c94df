using System.Diagnostics.Metrics;

namespace Iml4e.Functions.Telemetry;

/// <summary>The app's own instruments, read by OpenTelemetry and by <c>GET /metrics</c>.</summary>
internal sealed class AppMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Iml4e.Serverless";

    private readonly Meter _meter;
    private readonly Counter<long> _predictions;
    private readonly Histogram<double> _latency;
    private readonly Histogram<double> _whole;
    private readonly Histogram<double> _queue;
    private readonly Histogram<long> _batch;
    private readonly Counter<long> _cache;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _shadowDropped;
    private readonly Counter<long> _unitMissing;
    private readonly Counter<long> _feedback;
    private readonly Counter<long> _jobs;
    private readonly Counter<long> _triggers;
    private readonly Counter<long> _damaged;

    /// <summary>Creates the instruments.</summary>
    public AppMetrics(IMeterFactory factory)
    {
        _meter = factory.Create(MeterName);
        _predictions = _meter.CreateCounter<long>("iml4e_predictions", "{prediction}", "Predictions answered, by model, version and variant.");
        _latency = _meter.CreateHistogram<double>("iml4e_prediction_duration", "s", "Time of the model run, by model.");
        _whole = _meter.CreateHistogram<double>("iml4e_request_duration", "s", "Time from a request's arrival to its answer, by model.");
        _queue = _meter.CreateHistogram<double>("iml4e_queue_duration", "s", "Wait of a request for its model, by model.");
        _batch = _meter.CreateHistogram<long>("iml4e_batch_size", "{sample}", "Samples in the run of a request, by model.");
        _cache = _meter.CreateCounter<long>("iml4e_response_cache", "{request}", "Requests answered from the response cache, by model.");
        _failures = _meter.CreateCounter<long>("iml4e_request_failures", "{request}", "Requests of the Open Inference Protocol that failed, by HTTP status.");
        _shadowDropped = _meter.CreateCounter<long>("iml4e_shadow_dropped", "{prediction}", "Shadow copies dropped because the queue was full, by model.");
        _unitMissing = _meter.CreateCounter<long>("iml4e_missing_unit", "{request}", "Requests without the unit that an experiment assigns by, answered outside of it, by model.");
        _feedback = _meter.CreateCounter<long>("iml4e_feedback", "{outcome}", "Outcomes received, by model and result.");
        _jobs = _meter.CreateCounter<long>("iml4e_jobs", "{job}", "Jobs ended, by kind and status.");
        _triggers = _meter.CreateCounter<long>("iml4e_triggers", "{trigger}", "Retraining triggers, by pipeline, reason and result.");
        _damaged = _meter.CreateCounter<long>("iml4e_damaged", "{read}", "Stored files and documents found damaged when they were read, by kind.");
    }

    /// <summary>Counts a prediction and its time in milliseconds.</summary>
    public void Prediction(string model, string version, string variant, double milliseconds)
    {
        _predictions.Add(1, new("model", model), new("version", version), new("variant", variant));
        _latency.Record(milliseconds / 1000, new KeyValuePair<string, object?>("model", model));
    }

    /// <summary>Notes how a request came to its outputs.</summary>
    public void Run(string model, TimeSpan waited, int batchSize, bool cached)
    {
        var tag = new KeyValuePair<string, object?>("model", model);
        if (cached)
        {
            _cache.Add(1, tag);
            return;
        }

        _queue.Record(waited.TotalSeconds, tag);
        _batch.Record(batchSize, tag);
    }

    /// <summary>Notes the time from a request's arrival to its answer.</summary>
    public void Answered(string model, TimeSpan whole) => _whole.Record(whole.TotalSeconds, new KeyValuePair<string, object?>("model", model));

    /// <summary>Counts a request that failed.</summary>
    public void RequestFailed(int status) => _failures.Add(1, new KeyValuePair<string, object?>("status", status));

    /// <summary>Counts a dropped shadow copy.</summary>
    public void ShadowDropped(string model) => _shadowDropped.Add(1, new KeyValuePair<string, object?>("model", model));

    /// <summary>Counts a request that says no unit while an experiment runs.</summary>
    public void UnitMissing(string model) => _unitMissing.Add(1, new KeyValuePair<string, object?>("model", model));

    /// <summary>Counts an outcome.</summary>
    public void Feedback(string model, string result) => _feedback.Add(1, new("model", model), new("result", result));

    /// <summary>Counts an ended job.</summary>
    public void Job(string kind, string status) => _jobs.Add(1, new("kind", kind), new("status", status));

    /// <summary>Counts a trigger.</summary>
    public void Trigger(string pipeline, string reason, string result) => _triggers.Add(1, new("pipeline", pipeline), new("reason", reason), new("result", result));

    /// <summary>Counts a stored file or document that was found damaged.</summary>
    public void Damaged(string kind) => _damaged.Add(1, new KeyValuePair<string, object?>("kind", kind));

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
