using System.Text.Json.Nodes;
using Iml4e.Assessment.Experiment.Ctcde;

namespace Iml4e.Assessment.Experiment.Deciding;

/// <summary>A look at an experiment of mode ctcde while it is under way: point estimates, iterations and weights.</summary>
internal static class CtcdeSteps
{
    /// <summary>The challenger gets no evidence but its point estimate, of whatever labels there are by now.</summary>
    public static void Read(Turn turn)
    {
        var delta = turn.Look.Challenger.Outcomes.Mean - turn.Look.Control.Outcomes.Mean;
        var both = turn.Look.Control.Outcomes.Count > 0 && turn.Look.Challenger.Outcomes.Count > 0;
        turn.Evidence = new ExperimentEvidence
        {
            Missing = CtcdeDecider.Warning,
            Count = turn.Look.Control.Outcomes.Count + turn.Look.Challenger.Outcomes.Count,
            Delta = both ? turn.Config.Primary.Direction == OutcomeDirection.Lower ? -delta : delta : null,
            MinimumP = turn.Before.MinimumP,
            StatisticallyControlled = false,
        };
    }

    /// <summary>The iteration that is due, if one is, and what it leads to.</summary>
    public static void Move(Turn turn)
    {
        if (turn.State.Phase == ExperimentPhase.AwaitingApproval)
        {
            ApprovalSteps.AwaitPromotion(turn);
            return;
        }

        // A look that somebody asked for comes between the iterations, of which there are so many as time has passed.
        var options = turn.Config.EffectiveCtcde;
        var iteration = turn.State.Ctcde ?? new CtcdeState();
        if (turn.Look.Now - turn.State.StageEnteredAt < options.Interval * iteration.Iteration)
            return;
        var weight = iteration.ChallengerWeight;
        iteration = CtcdeDecider.Decide(options, iteration, Reading(turn, turn.Look.Control), Reading(turn, turn.Look.Challenger));
        // Who still has to agree must not find that it has happened.
        turn.State = turn.State with { Ctcde = iteration.Ended && turn.Config.Approval == ApprovalRule.BeforePromotion ? iteration with { ChallengerWeight = weight } : iteration };
        if (!iteration.Ended)
        {
            turn.Log("WeightsMoved", new JsonObject { ["iteration"] = iteration.Iteration, ["challengerWeight"] = iteration.ChallengerWeight });
            return;
        }

        if (iteration.RolledBackBy is { } objective)
            turn.RollBack("Objective:" + objective, new JsonObject());
        else if (iteration.Verdict == CtcdeVerdict.Challenger)
        {
            turn.State = turn.State with { Verdict = "pointEstimate", DecidedAt = turn.Look.Now };
            turn.Log("DecisionMade", new JsonObject { ["verdict"] = "pointEstimate", ["delta"] = turn.Evidence.Delta });
            turn.ApproveOrPromote();
        }
        else
            turn.Finish(ExperimentPhase.KeptChampion, iteration.Verdict == CtcdeVerdict.Champion ? "PointEstimate" : "Inconclusive", "KeptChampion", new JsonObject());
    }

    private static CtcdeReading Reading(Turn turn, ArmCounts arm)
    {
        var metrics = new SortedDictionary<string, double?>(StringComparer.Ordinal)
        {
            ["errorRate"] = arm is { Requests: > 0, Errors: { } errors } ? (double)errors / arm.Requests : null,
            ["latencyMs"] = arm.MeanLatencyMs,
        };
        foreach (var guardrail in turn.Config.Guardrails)
            metrics.TryAdd(guardrail.Name, arm.Requests == 0 ? null : (double)arm.Events.GetValueOrDefault(guardrail.Name) / arm.Requests);
        return new CtcdeReading { Reward = arm.Outcomes.Count == 0 ? null : arm.Outcomes.Mean, Metrics = metrics };
    }
}
