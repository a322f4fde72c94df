using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Experiment.Ctcde;
using Iml4e.Assessment.Experiment.Deciding;

namespace Iml4e.Assessment.Experiment;

/// <summary>
/// The state machine of a champion/challenger experiment: a pure function from configuration, state and look to the next state, the routing wanted and
/// the events to audit. It has no clock and no randomness; the same inputs give the same step, bit for bit.
/// </summary>
/// <remarks>
/// Every look checks in this order, and the first that applies wins: circuit breaker and abort; sample ratio and label imbalance; guardrails; harm;
/// superiority or non-inferiority; futility; time or units used up; the next stage. Insufficient data rule out harm, superiority and futility, but
/// neither the end of time nor the next stage, or an experiment whose labels never come would last for ever. In mode groupSequential the outcomes are
/// sufficient at the looks of the plan alone; everything else is checked at every look. Mode ctcde has none of this: there are an abort, an evaluator that
/// fails, and the iterations of <see cref="CtcdeDecider"/>.
/// </remarks>
public static class ExperimentDecider
{
    /// <summary>No decision below this many units an arm, whatever is configured: the confidence sequence is asymptotic.</summary>
    public const int LeastUnitsPerArm = 100;

    /// <summary>How long outcomes may be unreadable before the champion gets everything back.</summary>
    public static readonly TimeSpan EvaluatorPatience = TimeSpan.FromMinutes(30);

    /// <summary>Takes one look.</summary>
    /// <param name="config">The frozen, valid configuration.</param>
    /// <param name="state">The state after the look before, or <see cref="ExperimentState.Start"/>.</param>
    /// <param name="look">What is known now.</param>
    /// <returns>The step; for a final state, that state again without events.</returns>
    public static ExperimentStep Decide(ExperimentConfiguration config, ExperimentState state, ExperimentLook look)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(look);
        if (state.IsFinal)
            return new ExperimentStep(state, Routing(config, state), [], new ExperimentEvidence { MinimumP = state.MinimumP });
        return Take(new Turn(config, state, look));
    }

    /// <summary>The routing that a state wants.</summary>
    public static ExperimentRouting Routing(ExperimentConfiguration config, ExperimentState state)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(state);
        var phase = state.Phase == ExperimentPhase.AwaitingApproval ? state.WaitingFrom ?? ExperimentPhase.Draft : state.Phase;
        if (config.Mode == ExperimentMode.Ctcde && phase is ExperimentPhase.Ramping)
            return new ExperimentRouting((state.Ctcde?.ChallengerWeight ?? 0) / 100.0, 0, false, false) { Weighted = true };
        return phase switch
        {
            ExperimentPhase.Shadow => new ExperimentRouting(0, 0, true, false),
            ExperimentPhase.Ramping or ExperimentPhase.Holding => new ExperimentRouting(config.Stages[state.Stage], 0, false, false),
            ExperimentPhase.Promoting or ExperimentPhase.Watching => new ExperimentRouting(1, config.Mode == ExperimentMode.Ctcde ? 0 : config.Holdback, false, true),
            ExperimentPhase.Promoted => new ExperimentRouting(1, 0, false, true),
            _ => ExperimentRouting.ChampionOnly,
        };
    }

    private static ExperimentStep Take(Turn turn)
    {
        if (turn.Look.EvaluationFailingSince is null)
        {
            if (turn.Config.Mode == ExperimentMode.Ctcde)
                CtcdeSteps.Read(turn);
            else
                Weighing.Weigh(turn);
            turn.State = turn.State with { MinimumP = turn.Evidence.MinimumP, RampHeld = false };
        }
        Move(turn);
        var looked = turn.Event("Look", new JsonObject
        {
            ["look"] = JsonSerializer.SerializeToNode(turn.Look, ExperimentJson.Options),
            ["evidence"] = JsonSerializer.SerializeToNode(turn.Evidence, ExperimentJson.Options),
            ["phase"] = JsonSerializer.SerializeToNode(turn.State.Phase, ExperimentJson.Options),
            ["stage"] = turn.State.Stage,
            ["stateHash"] = ExperimentJson.Hash(turn.State),
        });
        // The look is the evidence for whatever followed from it, so it stands before that in the log.
        turn.Events.Insert(turn.Before.Phase == ExperimentPhase.Draft && turn.Events is [{ Name: "ExperimentStarted" }, ..] ? 1 : 0, looked);
        return new ExperimentStep(turn.State, Routing(turn.Config, turn.State), turn.Events, turn.Evidence);
    }

    private static void Move(Turn turn)
    {
        if (Interruption.Interrupted(turn))
            return;
        if (turn.State.Phase == ExperimentPhase.Draft)
        {
            turn.Log("ExperimentStarted", new JsonObject
            {
                ["configuration"] = JsonSerializer.SerializeToNode(turn.Config, ExperimentJson.Options),
                ["configurationHash"] = ExperimentJson.Hash(turn.Config),
                ["start"] = JsonSerializer.SerializeToNode(turn.Before, ExperimentJson.Options),
            });
            if (turn.Config.Approval == ApprovalRule.BeforeRamp && !turn.State.RampApproved)
                turn.Await("ramp", null);
            else
                ApprovalSteps.EnterShadow(turn);
        }
        else if (turn.State.Phase == ExperimentPhase.AwaitingApproval && turn.State.WaitingFrom is null)
            ApprovalSteps.AwaitRamp(turn);
        else if (turn.Look.EvaluationFailingSince is { } since)
        {
            if (!turn.State.RampHeld && turn.Look.Now - since >= 3 * turn.Config.LookInterval && turn.State.Phase is ExperimentPhase.Ramping)
            {
                turn.State = turn.State with { RampHeld = true };
                turn.Log("RampHeld", new JsonObject { ["reason"] = "EvaluatorUnavailable", ["since"] = Turn.Text(since) });
            }
        }
        else if (turn.State.Phase == ExperimentPhase.Watching)
            PromotionSteps.Watch(turn);
        else if (turn.State.Phase == ExperimentPhase.Promoting)
            PromotionSteps.Promote(turn);
        else if (turn.Config.Mode == ExperimentMode.Ctcde)
            CtcdeSteps.Move(turn);
        else
            SequentialSteps.Move(turn);
    }
}
