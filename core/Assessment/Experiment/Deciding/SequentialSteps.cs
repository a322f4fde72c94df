using System.Text.Json;
using System.Text.Json.Nodes;

namespace Iml4e.Assessment.Experiment.Deciding;

/// <summary>A look at an experiment of the modes sequential and groupSequential while it is under way, its checks in their order.</summary>
internal static class SequentialSteps
{
    /// <summary>Steps 2 to 9.</summary>
    public static void Move(Turn turn)
    {
        if (Verdicts.Invalidated(turn) || Verdicts.Guarded(turn))
            return;
        if (turn.State.Phase == ExperimentPhase.Shadow && Smoked(turn))
            return;
        if (!turn.IsCanary && turn.Evidence.Sufficient && turn.Estimate.High < 0)
        {
            turn.RollBack("Harm", new JsonObject());
            return;
        }
        if (turn.State.Phase == ExperimentPhase.AwaitingApproval)
        {
            ApprovalSteps.AwaitPromotion(turn);
            return;
        }
        if (turn.State.Phase == ExperimentPhase.Shadow && !turn.State.SmokePassed)
        {
            Verdicts.TimedOut(turn, "Inconclusive");
            return;
        }
        if (!turn.IsCanary && turn.State.Verdict is null && (Verdicts.Decided(turn) || Verdicts.Futile(turn)))
            return;
        if (!Verdicts.TimedOut(turn, "Inconclusive"))
            Advance(turn);
    }

    private static bool Smoked(Turn turn)
    {
        if (turn.State.SmokePassed)
            return false;
        var (passed, reason) = turn.Config.Smoke.Judge(turn.Look.Smoke, turn.Look.Now - turn.State.PhaseEnteredAt);
        if (passed == false)
            return turn.RollBack("SmokeFailed", new JsonObject { ["detail"] = reason });
        if (passed is null)
            return false;
        turn.State = turn.State with { SmokePassed = true };
        turn.Log("SmokePassed", turn.Look.Smoke is null ? new JsonObject() : (JsonObject)JsonSerializer.SerializeToNode(turn.Look.Smoke, ExperimentJson.Options)!);
        if (turn.State.Design == ExperimentDesign.ShadowPaired)
            return false;
        turn.EnterStage(0);
        return true;
    }

    // Step 9.
    private static void Advance(Turn turn)
    {
        if (turn.State.Phase is not (ExperimentPhase.Ramping or ExperimentPhase.Holding))
            return;
        var units = Math.Min(turn.Look.Control.Units - turn.State.StageControlUnits, turn.Look.Challenger.Units - turn.State.StageChallengerUnits);
        if (turn.Look.Now - turn.State.StageEnteredAt < turn.Config.StageMinDwell || units < turn.Config.StageMinUnitsPerArm)
            return;
        if (turn.State.Stage + 1 < turn.Config.Stages.Count)
            turn.EnterStage(turn.State.Stage + 1);
        else if (turn.State.Design == ExperimentDesign.ShadowPaired)
            turn.ApproveOrPromote();
        else if (turn.State.Phase == ExperimentPhase.Ramping)
            turn.Enter(ExperimentPhase.Holding);
    }
}
