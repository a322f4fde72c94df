using System.Text.Json.Nodes;

namespace Iml4e.Assessment.Experiment.Deciding;

/// <summary>A look while a person must agree, and what follows when the ramp may begin.</summary>
internal static class ApprovalSteps
{
    /// <summary>Before the ramp.</summary>
    public static void AwaitRamp(Turn turn)
    {
        if (turn.Look.ApprovedBy is { } who)
        {
            turn.State = turn.State with { RampApproved = true };
            turn.Log("Approved", new JsonObject { ["what"] = "ramp", ["by"] = who });
            EnterShadow(turn);
        }
        else if (turn.Look.Now - turn.State.StartedAt >= turn.Config.MaxDuration)
            turn.Finish(ExperimentPhase.KeptChampion, "ApprovalTimeout", "KeptChampion", new JsonObject());
    }

    /// <summary>Before the promotion.</summary>
    public static void AwaitPromotion(Turn turn)
    {
        if (turn.Look.ApprovedBy is { } who)
        {
            turn.State = turn.State with { PromotionApproved = true };
            turn.Log("Approved", new JsonObject { ["what"] = "promotion", ["by"] = who });
            turn.Enter(ExperimentPhase.Promoting);
        }
        else
            Verdicts.TimedOut(turn, "ApprovalTimeout");
    }

    /// <summary>Begins the way into production, with the phase that the mode and the design have first.</summary>
    public static void EnterShadow(Turn turn)
    {
        if (turn.Config.Mode == ExperimentMode.Ctcde)
        {
            turn.State = turn.State with { Stage = 0, StageEnteredAt = turn.Look.Now };
            turn.Enter(ExperimentPhase.Ramping);
            CtcdeSteps.Move(turn);
        }
        else if (turn.State.Design == ExperimentDesign.ShadowPaired || turn.Config.Smoke.Enabled)
            turn.Enter(ExperimentPhase.Shadow);
        else
            turn.EnterStage(0);
    }
}
