using System.Text.Json;
using System.Text.Json.Nodes;

namespace Iml4e.Assessment.Experiment.Deciding;

/// <summary>What the evidence of a look leads to, steps 2 to 8: an experiment that is invalid, fails a guardrail, is won, futile, or out of time.</summary>
internal static class Verdicts
{
    /// <summary>Step 2: the arms or their labels do not compare; ends the experiment.</summary>
    public static bool Invalidated(Turn turn)
    {
        if (turn.Evidence.SampleRatioLogE >= -Math.Log(turn.Config.Srm.AlphaSequential))
            return turn.Invalidate("Srm", Mismatch(turn, "logE", turn.Evidence.SampleRatioLogE));
        if (turn.Evidence.LabelImbalanceP < LabelMissingness.Limit)
            return turn.Invalidate("LabelImbalance", new JsonObject { ["p"] = turn.Evidence.LabelImbalanceP });
        return false;
    }

    /// <summary>Step 3: a guardrail has fired; ends the experiment.</summary>
    public static bool Guarded(Turn turn)
    {
        foreach (var guardrail in turn.Evidence.Guardrails)
        {
            if (!guardrail.Fired)
                continue;
            turn.Log("GuardrailFired", (JsonObject)JsonSerializer.SerializeToNode(guardrail, ExperimentJson.Options)!);
            return turn.RollBack("Guardrail:" + guardrail.Name, new JsonObject());
        }
        return false;
    }

    /// <summary>Step 6: what was to be shown is shown.</summary>
    public static bool Decided(Turn turn)
    {
        if (!turn.Evidence.Sufficient)
            return false;
        var verdict = turn.Config.Decision == DecisionRule.Superior
            ? turn.Estimate.Low > 0 ? "superior" : null
            : turn.Estimate.OneSidedLow > -turn.Config.NonInferiorityMargin ? "nonInferior" : null;
        if (verdict is null)
            return false;
        if (!turn.Dwelt)
            return false;
        return Win(turn, verdict);
    }

    private static bool Win(Turn turn, string verdict)
    {
        if (FailsFixedRatio(turn))
            return true;
        turn.State = turn.State with { Verdict = verdict, DecidedAt = turn.Look.Now };
        turn.Log("DecisionMade", new JsonObject
        {
            ["verdict"] = verdict, ["delta"] = turn.Evidence.Delta, ["low"] = turn.Evidence.Low, ["high"] = turn.Evidence.High, ["p"] = turn.Evidence.MinimumP,
            ["statisticallyControlled"] = turn.Evidence.StatisticallyControlled,
        });
        if (turn.State.Design == ExperimentDesign.ShadowPaired && turn.Config.CanaryRamp && turn.State.Stage < 0)
            turn.EnterStage(0);
        else
            turn.ApproveOrPromote();
        return true;
    }

    // The fixed test is used once, when the experiment is decided or runs out: asking again at later looks until it passes would be peeking, so that
    // its failure ends the experiment.
    private static bool FailsFixedRatio(Turn turn) =>
        turn.Evidence.SampleRatioP < turn.Config.Srm.AlphaFixed && turn.Invalidate("Srm", Mismatch(turn, "p", turn.Evidence.SampleRatioP));

    private static JsonObject Mismatch(Turn turn, string name, double? value) => new()
    {
        [name] = value, ["control"] = turn.Look.Control.Units, ["challenger"] = turn.Look.Challenger.Units,
        ["likelyCauses"] = new JsonArray([.. SampleRatioCauses.Of(turn.Look).Select(cause => (JsonNode)cause)]),
    };

    /// <summary>Step 7: what can still be won is not worth it; ends the experiment.</summary>
    public static bool Futile(Turn turn) =>
        turn.Config.FutilityEffect is { } least && turn.Evidence.Sufficient && turn.Estimate.High < least
        && turn.Finish(ExperimentPhase.KeptChampion, "Futile", "KeptChampion", new JsonObject());

    /// <summary>Step 8: time, units or planned looks are used up.</summary>
    public static bool TimedOut(Turn turn, string reason)
    {
        if (turn.Config.Mode == ExperimentMode.Ctcde)
            return turn.Late && turn.Finish(ExperimentPhase.KeptChampion, reason, "KeptChampion", new JsonObject());
        var planDone = turn.State.Verdict is null && turn.State.PlannedLooks is [.., { Last: true }];
        if (!turn.Late && !planDone && (turn.IsCanary || !turn.Full))
            return false;
        if (turn.State.Phase == ExperimentPhase.AwaitingApproval && !turn.Late)
            return false;
        if (FailsFixedRatio(turn))
            return true;
        if (turn.Config.OnTimeout == TimeoutRule.PromoteIfNonInferior && turn.State.Verdict is null && turn.Evidence.Sufficient
            && turn.Estimate.OneSidedLow > -turn.Config.NonInferiorityMargin)
        {
            return Win(turn, "nonInferior");
        }
        return turn.Finish(ExperimentPhase.KeptChampion, reason, "KeptChampion", new JsonObject
        {
            ["cause"] = turn.Late ? "maxDuration" : planDone ? "lastPlannedLook" : "maxUnitsPerArm",
        });
    }
}
