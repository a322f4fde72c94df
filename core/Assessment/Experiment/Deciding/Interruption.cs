using System.Text.Json.Nodes;

namespace Iml4e.Assessment.Experiment.Deciding;

/// <summary>
/// What ends an experiment without any statistics, step 1 of a look: an abort, a rollback by hand, a tripped circuit breaker, an evaluator that fails for long.
/// </summary>
internal static class Interruption
{
    /// <summary>Ends the experiment if there is a reason.</summary>
    public static bool Interrupted(Turn turn)
    {
        if (turn.Look.AbortedBy is { } who)
            return turn.Finish(ExperimentPhase.Aborted, "Aborted", "Aborted", new JsonObject { ["by"] = who });
        if (turn.Look.RolledBackBy is { } by)
            return turn.RollBack("ByHand", new JsonObject { ["by"] = by });
        if (turn.Look.PromotionUndone && turn.State.Phase is ExperimentPhase.Promoting or ExperimentPhase.Watching)
            return turn.RollBack("ByHand", new JsonObject { ["during"] = turn.State.Phase == ExperimentPhase.Watching ? "watch" : "promotion" });
        if (turn.Config.Mode != ExperimentMode.Ctcde && turn.Exposed && turn.Look.Circuit is { } circuit
            && (circuit.Tripped
                || (circuit.Requests >= turn.Config.CircuitBreaker.MinRequests && circuit.Errors >= turn.Config.CircuitBreaker.ErrorRate * circuit.Requests)))
        {
            return turn.RollBack("CircuitBreaker", new JsonObject { ["requests"] = circuit.Requests, ["errors"] = circuit.Errors });
        }
        if (turn.Exposed && turn.Look.EvaluationFailingSince is { } since && turn.Look.Now - since >= ExperimentDecider.EvaluatorPatience)
            return turn.RollBack("EvaluatorUnavailable", new JsonObject { ["since"] = Turn.Text(since) });
        return false;
    }
}
