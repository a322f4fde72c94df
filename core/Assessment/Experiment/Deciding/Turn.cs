using System.Globalization;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Experiment.Ctcde;

namespace Iml4e.Assessment.Experiment.Deciding;

/// <summary>One look while it is taken: what is known, what has come of it so far, and the transitions that there are.</summary>
/// <param name="config">The frozen configuration.</param>
/// <param name="before">The state after the look before.</param>
/// <param name="look">What is known now.</param>
internal sealed class Turn(ExperimentConfiguration config, ExperimentState before, ExperimentLook look)
{
    /// <summary>The frozen configuration.</summary>
    public ExperimentConfiguration Config => config;

    /// <summary>The state after the look before.</summary>
    public ExperimentState Before => before;

    /// <summary>What is known now.</summary>
    public ExperimentLook Look => look;

    /// <summary>The state as this look has made it so far.</summary>
    public ExperimentState State { get; set; } = before with { Looks = before.Looks + 1, LastLookAt = look.Now };

    /// <summary>What the look is worth.</summary>
    public ExperimentEvidence Evidence { get; set; } = new() { MinimumP = before.MinimumP };

    /// <summary>The estimate that the evidence rests on.</summary>
    public ConfidenceEstimate Estimate { get; set; }

    /// <summary>What goes into the audit.</summary>
    public List<ExperimentEvent> Events { get; } = [];

    /// <summary>Whether the challenger answers requests.</summary>
    public bool Exposed => State.Stage >= 0 || State.Phase is ExperimentPhase.Promoting or ExperimentPhase.Watching;

    /// <summary>Whether the stage, or the phase before the stages, has lasted long enough.</summary>
    public bool Dwelt => Look.Now - (State.Stage >= 0 ? State.StageEnteredAt : State.PhaseEnteredAt) >= Config.StageMinDwell;

    /// <summary>Whether time is used up.</summary>
    public bool Late => Look.Now - State.StartedAt >= Config.MaxDuration;

    /// <summary>Whether units are used up.</summary>
    public bool Full => Config.MaxUnitsPerArm <= (State.Design == ExperimentDesign.ShadowPaired && State.Stage < 0
        ? Look.Paired?.Count ?? 0
        : Math.Max(Look.Control.Units, Look.Challenger.Units));

    /// <summary>Whether the stages are a canary for the guardrails alone, because pairs have decided.</summary>
    public bool IsCanary => State.Design == ExperimentDesign.ShadowPaired && State.Stage >= 0;

    /// <summary>Goes on to the promotion, or first to whoever must agree to it.</summary>
    public void ApproveOrPromote()
    {
        if (Config.Approval == ApprovalRule.BeforePromotion && !State.PromotionApproved)
            Await("promotion", State.Phase);
        else
            Enter(ExperimentPhase.Promoting);
    }

    /// <summary>Enters a stage of the ramp; its units are counted from here.</summary>
    public void EnterStage(int stage)
    {
        State = State with
        {
            Stage = stage, StageEnteredAt = Look.Now, StageControlUnits = Before.Stage >= 0 ? Look.Control.Units : 0,
            StageChallengerUnits = Before.Stage >= 0 ? Look.Challenger.Units : 0,
        };
        if (State.Phase != ExperimentPhase.Ramping)
            Enter(ExperimentPhase.Ramping);
        Log("StageAdvanced", new JsonObject { ["stage"] = stage, ["share"] = Config.Stages[stage] });
    }

    /// <summary>Enters a phase.</summary>
    public void Enter(ExperimentPhase phase) => State = State with { Phase = phase, PhaseEnteredAt = Look.Now, Reason = null, WaitingFrom = null };

    /// <summary>Waits for a person to agree.</summary>
    public void Await(string what, ExperimentPhase? from)
    {
        State = State with { Phase = ExperimentPhase.AwaitingApproval, PhaseEnteredAt = Look.Now, Reason = what, WaitingFrom = from };
        Log("ApprovalAwaited", new JsonObject { ["what"] = what });
    }

    /// <summary>Takes the challenger out.</summary>
    public bool RollBack(string reason, JsonObject fields) => Finish(ExperimentPhase.RolledBack, reason, "RolledBack", fields);

    /// <summary>Ends the experiment because its data cannot be trusted.</summary>
    public bool Invalidate(string reason, JsonObject fields)
    {
        // Numbers from broken logs must not be read as evidence for either side.
        Evidence = new ExperimentEvidence
        {
            Missing = "invalid: " + reason, SampleRatioLogE = Evidence.SampleRatioLogE, SampleRatioP = Evidence.SampleRatioP,
            LabelImbalanceP = Evidence.LabelImbalanceP, StatisticallyControlled = Evidence.StatisticallyControlled,
            MinimumP = Before.MinimumP,
        };
        State = State with { MinimumP = Before.MinimumP, PlannedLooks = Before.PlannedLooks };
        return Finish(ExperimentPhase.Invalid, reason, "Invalid", fields);
    }

    /// <summary>Ends the experiment; true, for those who have nothing left to check.</summary>
    public bool Finish(ExperimentPhase phase, string reason, string name, JsonObject fields)
    {
        State = State with { Phase = phase, PhaseEnteredAt = Look.Now, Reason = reason, WaitingFrom = null, DecidedAt = State.DecidedAt ?? Look.Now };
        fields["reason"] = reason;
        Log(name, fields);
        return true;
    }

    /// <summary>Adds an event to the audit.</summary>
    public void Log(string name, JsonObject fields) => Events.Add(Event(name, fields));

    /// <summary>An event with what every one has.</summary>
    public ExperimentEvent Event(string name, JsonObject fields)
    {
        fields["experimentId"] = Before.ExperimentId;
        if (Config.Mode == ExperimentMode.Ctcde)
            fields["warning"] = CtcdeDecider.Warning;
        fields["at"] = Text(Look.Now);
        return new ExperimentEvent(name, fields);
    }

    /// <summary>A time as the audit has it.</summary>
    public static string Text(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
