using System.Text.Json.Nodes;

namespace Iml4e.Assessment.Experiment.Deciding;

/// <summary>A look from the decision for the challenger on: the promotion, and the watch after it.</summary>
internal static class PromotionSteps
{
    /// <summary>Waits until the promotion is carried out.</summary>
    public static void Promote(Turn turn)
    {
        if (!turn.Look.PromotionApplied)
            return;
        turn.State = turn.State with { PromotedAt = turn.Look.Now };
        // The original did not look back.
        var watched = turn.Config.Mode != ExperimentMode.Ctcde;
        turn.Log("PromotionApplied", new JsonObject { ["holdback"] = watched ? turn.Config.Holdback : 0 });
        if (watched)
            turn.Enter(ExperimentPhase.Watching);
        else
            turn.Finish(ExperimentPhase.Promoted, turn.State.Verdict ?? "promoted", "Promoted", new JsonObject());
    }

    /// <summary>The old champion against the new one, until the watch is over.</summary>
    public static void Watch(Turn turn)
    {
        if (Verdicts.Guarded(turn))
            return;
        if (turn.Evidence.Sufficient && turn.Estimate.High < 0)
        {
            turn.RollBack("Harm", new JsonObject { ["during"] = "watch" });
            return;
        }
        if (turn.Look.Now - turn.State.PhaseEnteredAt < turn.Config.PostPromotionWatch)
            return;
        turn.Log("WatchEnded", new JsonObject());
        turn.Finish(ExperimentPhase.Promoted, turn.State.Verdict ?? "promoted", "Promoted", new JsonObject());
    }
}
