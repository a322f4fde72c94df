using Iml4e.Assessment.Experiment;
using Iml4e.Assessment.Monitoring;
using Iml4e.Assessment.Pipelines;
using Iml4e.Learning;

namespace Iml4e.Functions.Pipelines;

/// <summary>
/// What the numbers of a pipeline document may be, by field: the limits of <see cref="PipelineValidator"/> as far as they are a field's own. Items of a list have
/// the list's path and [].
/// </summary>
internal static class PipelineBounds
{
    private const double Share = 0.5;

    /// <summary>Fields and their bounds.</summary>
    public static IReadOnlyDictionary<string, DocumentBounds> All { get; } = new Dictionary<string, DocumentBounds>(StringComparer.Ordinal)
    {
        ["project"] = DocumentBounds.Sized(1, 128),
        ["tags"] = DocumentBounds.Sized(0, 32),
        ["data.features"] = DocumentBounds.Sized(1, 2000),
        ["data.lags[].lags"] = DocumentBounds.Sized(1, 100),
        ["data.lags[].lags[]"] = DocumentBounds.Between(1, 8784),
        ["train.fineTune.trainable"] = DocumentBounds.Sized(1, 100),
        ["train.fineTune.trainable[]"] = DocumentBounds.Sized(1, 500),
        ["train.window"] = DocumentBounds.From(Trainer.LeastRows),
        ["train.minRows"] = DocumentBounds.From(50),
        ["train.minNewRows"] = DocumentBounds.From(1),
        ["evaluate.holdout"] = DocumentBounds.Between(0.05, 0.5),
        ["evaluate.gap"] = DocumentBounds.Between(0, 1_000_000),
        ["gates"] = DocumentBounds.Sized(0, 20),
        ["gates[].name"] = DocumentBounds.Sized(1, 64),
        ["monitor.window"] = DocumentBounds.Between(10, 1_000_000),
        ["monitor.high"] = DocumentBounds.Above(0),
        ["monitor.low"] = DocumentBounds.From(0),
        ["monitor.consecutiveHigh"] = DocumentBounds.From(1),
        ["monitor.consecutiveLow"] = DocumentBounds.From(1),
        ["monitor.driftShare"] = DocumentBounds.Above(0, 1),
        ["monitor.maxPerDay"] = DocumentBounds.From(1),
        ["monitor.failureBackoffFactor"] = DocumentBounds.Between(1, 100),
        ["triggers.monitoring.window"] = DocumentBounds.Between(10, 1_000_000),
        ["triggers.monitoring.high"] = DocumentBounds.Above(0),
        ["triggers.monitoring.low"] = DocumentBounds.From(0),
        ["triggers.monitoring.consecutiveHigh"] = DocumentBounds.From(1),
        ["triggers.monitoring.consecutiveLow"] = DocumentBounds.From(1),
        ["triggers.monitoring.maxPerDay"] = DocumentBounds.From(1),
        ["triggers.monitoring.failureBackoffFactor"] = DocumentBounds.From(1),
        ["triggers.dataUpdate.minNewRows"] = DocumentBounds.From(1),
        ["triggers.repository.branch"] = DocumentBounds.Sized(1, 250),
        ["triggers.repository.paths"] = DocumentBounds.Sized(0, 100),
        ["experiment.stages"] = DocumentBounds.Sized(1, 20),
        ["experiment.stages[]"] = DocumentBounds.Above(0, Share),
        ["experiment.stageMinUnitsPerArm"] = DocumentBounds.From(0),
        ["experiment.alpha"] = DocumentBounds.Inside(0, Share),
        ["experiment.tuningN"] = DocumentBounds.Between(100, 1e12),
        ["experiment.nonInferiorityMargin"] = DocumentBounds.Above(0),
        ["experiment.futilityEffect"] = DocumentBounds.Above(0),
        ["experiment.minUnitsPerArm"] = DocumentBounds.From(1),
        ["experiment.maxUnitsPerArm"] = DocumentBounds.From(1),
        ["experiment.holdback"] = new() { Minimum = 0, ExclusiveMaximum = Share },
        ["experiment.primary.name"] = DocumentBounds.Sized(1, 100),
        ["experiment.groupSequential.unitsPerArm"] = DocumentBounds.From(1),
        ["experiment.groupSequential.looks"] = DocumentBounds.Sized(1, 20),
        ["experiment.groupSequential.looks[]"] = DocumentBounds.Between(GroupSequentialPlan.LeastStep - 1e-9, 1),
        ["experiment.ctcde.iterationsPerLoop"] = DocumentBounds.Between(1, 1_000_000),
        ["experiment.ctcde.maxLoops"] = DocumentBounds.Between(1, 1000),
        ["experiment.ctcde.maxCandidateWeight"] = DocumentBounds.Between(0, 100),
        ["experiment.ctcde.maxCandidateWeightIncrement"] = DocumentBounds.Between(1, 100),
        ["experiment.ctcde.explorationTraffic"] = DocumentBounds.Between(0, 100),
        ["experiment.ctcde.objectives"] = DocumentBounds.Sized(0, 50),
        ["experiment.guardrails"] = DocumentBounds.Sized(0, 50),
        ["experiment.guardrails[].name"] = DocumentBounds.Sized(1, 100),
        ["experiment.guardrails[].alpha"] = DocumentBounds.Inside(0, Share),
        ["experiment.guardrails[].toleranceRatio"] = DocumentBounds.Above(0, 1000),
        ["experiment.circuitBreaker.minRequests"] = DocumentBounds.From(1),
        ["experiment.circuitBreaker.errorRate"] = DocumentBounds.Above(0, 1),
        ["experiment.srm.alphaFixed"] = DocumentBounds.Inside(0, Share),
        ["experiment.srm.alphaSequential"] = DocumentBounds.Inside(0, Share),
        ["experiment.smoke.minRequests"] = DocumentBounds.From(1),
        ["experiment.smoke.maxErrorRate"] = DocumentBounds.Between(0, 1),
        ["experiment.smoke.maxLatencyRatio"] = DocumentBounds.From(1),
        ["experiment.smoke.latencyFloorMs"] = DocumentBounds.From(0),
    };

    /// <summary>Durations that must not be zero.</summary>
    public static IReadOnlyList<string> PositiveDurations { get; } =
    [
        "monitor.failureBackoffCap", "experiment.maxDuration", "experiment.circuitBreaker.window", "experiment.smoke.maxDuration", "experiment.ctcde.interval",
    ];

    /// <summary>The window of a drift signal, in predictions: narrower than that of an error.</summary>
    public static DocumentBounds DriftWindow { get; } = DocumentBounds.Between(CalibratedColumn.LeastValues, 50_000);
}
