using Iml4e.Assessment.Triggers;

namespace Iml4e.Assessment.Pipelines;

/// <summary>A signal to watch.</summary>
/// <param name="Signal">One of <see cref="MonitoringSignals"/>.</param>
/// <param name="Window">Predictions or outcomes in a window.</param>
/// <param name="Limits">When it triggers.</param>
public sealed record WatchedSignal(string Signal, int Window, HysteresisConfiguration Limits);

/// <summary>When new rows trigger.</summary>
/// <param name="MinNewRows">Rows needed.</param>
/// <param name="Debounce">Quiet time after the last event.</param>
/// <param name="Cooldown">Least time between two triggers.</param>
public sealed record WatchedData(int MinNewRows, TimeSpan Debounce, TimeSpan Cooldown);

/// <summary>What starts a retraining of a pipeline, whichever of the two forms of the document says it.</summary>
public sealed record PipelineTriggers
{
    /// <summary>NCRONTAB expression; null = none.</summary>
    public string? Schedule { get; private init; }

    /// <summary>New rows; null = none.</summary>
    public WatchedData? Data { get; private init; }

    /// <summary>Signals, each once.</summary>
    public IReadOnlyList<WatchedSignal> Signals { get; private init; } = [];

    /// <summary>Pushes; null = none.</summary>
    public RepositoryTrigger? Repository { get; private init; }

    /// <summary>The triggers of a pipeline.</summary>
    public static PipelineTriggers Of(PipelineDefinition pipeline)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        var (train, full) = (pipeline.Train, pipeline.Triggers);
        var signals = new List<WatchedSignal>(3);
        if (Short(RetrainTrigger.Performance))
            signals.Add(new WatchedSignal(pipeline.Monitor.Signal, pipeline.Monitor.Window, Limits(pipeline)));
        if (Short(RetrainTrigger.Drift))
            signals.Add(new WatchedSignal(MonitoringSignals.DriftShare, Math.Max(pipeline.Monitor.Window, 30), DriftLimits(pipeline)));
        if (full?.Monitoring is { Enabled: true } monitoring)
            signals.Add(new WatchedSignal(monitoring.Signal, monitoring.Window, Limits(monitoring)));
        return new PipelineTriggers
        {
            Schedule = Short(RetrainTrigger.Schedule) ? train.Schedule : full?.Periodic is { Enabled: true } periodic ? periodic.Cron : null,
            Data = Short(RetrainTrigger.Data) ? new WatchedData(train.MinNewRows, train.Debounce, train.Cooldown)
                : full?.DataUpdate is { Enabled: true } data ? new WatchedData(data.MinNewRows, data.Debounce, TimeSpan.Zero) : null,
            Signals = [.. signals.DistinctBy(s => s.Signal)],
            Repository = Short(RetrainTrigger.Repository) ? new RepositoryTrigger() : full?.Repository is { Enabled: true } repository ? repository : null,
        };

        bool Short(RetrainTrigger trigger) => train.Triggers.Contains(trigger);
    }

    /// <summary>The limits that a monitoring trigger states.</summary>
    internal static HysteresisConfiguration Limits(MonitoringTrigger trigger) => new()
    {
        High = trigger.High,
        Low = trigger.Low,
        ConsecutiveHigh = trigger.ConsecutiveHigh,
        ConsecutiveLow = trigger.ConsecutiveLow,
        Cooldown = trigger.Cooldown,
        MaxPerDay = trigger.MaxPerDay,
        FailureBackoffFactor = trigger.FailureBackoffFactor,
        FailureBackoffCap = trigger.FailureBackoffCap,
    };

    private static HysteresisConfiguration Limits(PipelineDefinition pipeline) => new()
    {
        High = pipeline.Monitor.High,
        Low = pipeline.Monitor.Low,
        ConsecutiveHigh = pipeline.Monitor.ConsecutiveHigh,
        ConsecutiveLow = pipeline.Monitor.ConsecutiveLow,
        Cooldown = pipeline.Monitor.Cooldown ?? pipeline.Train.Cooldown,
        MaxPerDay = pipeline.Monitor.MaxPerDay,
        FailureBackoffFactor = pipeline.Monitor.FailureBackoffFactor,
        FailureBackoffCap = pipeline.Monitor.FailureBackoffCap,
    };

    // The specification's 0.5 and 0.3, in the same proportion for another share.
    private static HysteresisConfiguration DriftLimits(PipelineDefinition pipeline) =>
        Limits(pipeline) with { High = pipeline.Monitor.DriftShare, Low = 0.6 * pipeline.Monitor.DriftShare };
}
