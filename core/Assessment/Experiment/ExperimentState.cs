using System.Text.Json.Serialization;
using Iml4e.Assessment.Experiment.Ctcde;

namespace Iml4e.Assessment.Experiment;

/// <summary>All that the state machine remembers between looks; serialisable, so that an experiment survives its process and can be replayed.</summary>
public sealed record ExperimentState
{
    /// <summary>The experiment's id, which is also the salt of the assignment.</summary>
    public required string ExperimentId { get; init; }

    /// <summary>Where the experiment stands.</summary>
    public ExperimentPhase Phase { get; init; } = ExperimentPhase.Draft;

    /// <summary>
    /// Why it ended or waits: Harm, Guardrail:NAME, CircuitBreaker, SmokeFailed, Srm, LabelImbalance, Inconclusive, Futile, ...; null while it runs.
    /// </summary>
    public string? Reason { get; init; }

    /// <summary>The design, with auto resolved.</summary>
    public ExperimentDesign Design { get; init; }

    /// <summary>When it was created.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>When the present phase was entered.</summary>
    public DateTimeOffset PhaseEnteredAt { get; init; }

    /// <summary>The index into the stages, −1 before the ramp.</summary>
    public int Stage { get; init; } = -1;

    /// <summary>When the present stage was entered.</summary>
    public DateTimeOffset StageEnteredAt { get; init; }

    /// <summary>Units in the control slice when the stage was entered.</summary>
    public long StageControlUnits { get; init; }

    /// <summary>Units in the challenger slice when the stage was entered.</summary>
    public long StageChallengerUnits { get; init; }

    /// <summary>Whether the smoke phase was passed.</summary>
    public bool SmokePassed { get; init; }

    /// <summary>Whether a person agreed to the ramp.</summary>
    public bool RampApproved { get; init; }

    /// <summary>Whether a person agreed to the promotion.</summary>
    public bool PromotionApproved { get; init; }

    /// <summary>The phase to which an awaited approval of the promotion left off; routing stays as it was there.</summary>
    public ExperimentPhase? WaitingFrom { get; init; }

    /// <summary>What was shown for the challenger, once it was: superior, nonInferior, pointEstimate. Latched.</summary>
    public string? Verdict { get; init; }

    /// <summary>When the verdict fell.</summary>
    public DateTimeOffset? DecidedAt { get; init; }

    /// <summary>When the alias was moved.</summary>
    public DateTimeOffset? PromotedAt { get; init; }

    /// <summary>The running minimum of the always-valid p.</summary>
    public double MinimumP { get; init; } = 1;

    /// <summary>Looks taken of a group-sequential plan; null in other modes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PlannedLook>? PlannedLooks { get; init; }

    /// <summary>Where an experiment in mode ctcde stands; null in other modes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CtcdeState? Ctcde { get; init; }

    /// <summary>Whether the ramp is held because outcomes cannot be read.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool RampHeld { get; init; }

    /// <summary>Looks so far.</summary>
    public int Looks { get; init; }

    /// <summary>When the last look was taken.</summary>
    public DateTimeOffset? LastLookAt { get; init; }

    /// <summary>Whether the experiment has ended.</summary>
    [JsonIgnore]
    public bool IsFinal => Phase is ExperimentPhase.Promoted or ExperimentPhase.RolledBack or ExperimentPhase.KeptChampion
        or ExperimentPhase.Invalid or ExperimentPhase.Aborted;

    /// <summary>The state in which an experiment begins.</summary>
    public static ExperimentState Start(ExperimentConfiguration config, string experimentId, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentException.ThrowIfNullOrWhiteSpace(experimentId);
        return new ExperimentState
        {
            ExperimentId = experimentId, Design = config.EffectiveDesign, StartedAt = now, PhaseEnteredAt = now, StageEnteredAt = now,
        };
    }
}
