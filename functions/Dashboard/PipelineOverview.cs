using Iml4e.Assessment.Experiment;
using Iml4e.Catalog;
using Iml4e.Functions.Experiments;

namespace Iml4e.Functions.Dashboard;

/// <summary>What the page of a pipeline shows of its experiment, beside what the experiment itself tells.</summary>
internal static class PipelineOverview
{
    private const double Power = 0.8;

    /// <summary>An experiment with its limits, its plan and where its units go.</summary>
    public static object Describe(ExperimentDocument e) => new
    {
        summary = ExperimentFunctions.Describe(e, withLooks: false),
        e.Start.RunId,
        configuration = e.Start.Configuration,
        configurationHash = ExperimentJson.Hash(e.Start.Configuration),
        e.State.StageEnteredAt,
        e.State.PhaseEnteredAt,
        e.State.WaitingFrom,
        e.State.DecidedAt,
        e.State.PromotedAt,
        looks = e.State.Looks,
        e.State.LastLookAt,
        traffic = Traffic(e),
        limits = Limits(e.Start.Configuration),
        labels = e.Look is null ? null : new { control = Labels(e.Look.Control), challenger = Labels(e.Look.Challenger) },
        plan = Plan(e),
    };

    /// <summary>What a person may do now, and what comes of it.</summary>
    public static IEnumerable<PipelineAction> Actions(string pipeline, Model? model, ExperimentDocument? newest, bool retraining)
    {
        yield return new PipelineAction(
            "retrain", $"/api/pipelines/{pipeline}/runs", true,
            retraining
                ? "A retraining is under way. This request is written down, and one retraining follows when that has ended."
                : "A challenger is trained on the newest data. If it passes the offline gate it meets the champion in a live experiment.");
        if (newest is { State.IsFinal: false } running)
        {
            var (id, phase, start) = (running.Start.ExperimentId, running.State.Phase, running.Start);
            var promoted = ExperimentDecider.Routing(start.Configuration, running.State).Promoted;
            yield return new PipelineAction(
                "approve", $"/api/experiments/{id}/approve", phase == ExperimentPhase.AwaitingApproval,
                phase != ExperimentPhase.AwaitingApproval ? "Nothing waits for an approval."
                    : running.State.WaitingFrom is null ? $"Version {start.Challenger} begins its way into production: first on copies of requests, then on a small share of them."
                    : $"Version {start.Challenger} becomes champion and serves all requests but those held back for the watch.");
            yield return new PipelineAction(
                "abort", $"/api/experiments/{id}/abort", !promoted,
                promoted ? "The promotion is done; roll it back instead."
                    : $"The experiment ends as aborted, for good. Version {start.Champion} serves every request from the next look on.");
            yield return new PipelineAction(
                "rollback", $"/api/experiments/{id}/rollback", true,
                promoted ? $"Version {start.Champion} becomes champion again and serves every request from the next look on; the experiment ends as rolled back."
                    : $"Version {start.Challenger} is taken out and version {start.Champion} serves every request from the next look on; the experiment ends as rolled back.");
            yield break;
        }

        yield return new PipelineAction("approve", null, false, "No experiment is running.");
        yield return new PipelineAction("abort", null, false, "No experiment is running.");
        var previous = model?.Alias("previous");
        yield return new PipelineAction(
            "rollback", $"/api/models/{pipeline}/rollback", previous is not null,
            previous is null ? "There is no previous champion to go back to."
                : $"Version {previous} becomes champion again and serves every request; version {model!.Alias("champion")} becomes the previous one.");
    }

    private static object Traffic(ExperimentDocument e)
    {
        var (config, routing) = (e.Start.Configuration, ExperimentDecider.Routing(e.Start.Configuration, e.State));
        // After a promotion the slices are turned round: a small one is held back on the old version, and as large a one of the new is compared with it.
        var share = e.State.IsFinal ? 0 : routing.Promoted ? routing.HoldbackShare : routing.ChallengerShare;
        return new
        {
            challenger = share,
            control = share,
            outside = 1 - 2 * share,
            outsideVersion = routing.Promoted ? e.Start.Challenger : e.Start.Champion,
            routing.Shadow,
            routing.Promoted,
            e.State.Stage,
            stages = config.Stages,
        };
    }

    private static object Limits(ExperimentConfiguration config) => new
    {
        srmP = config.Srm.AlphaFixed,
        srmE = 1 / config.Srm.AlphaSequential,
        labelP = LabelMissingness.Limit,
        guardrails = config.Guardrails.Select(g => new { g.Name, g.Event, g.Alpha, e = 1 / g.Alpha, g.ToleranceRatio }),
        units = Math.Max(config.MinUnitsPerArm, ExperimentDecider.LeastUnitsPerArm),
    };

    private static object Labels(ArmCounts arm) => new { arm.Labelled, arm.Missing };

    /// <summary>
    /// How many units the difference that matters needs and how long that takes, when it is said which one matters; and what the configured N*, where the
    /// interval is tightest, is good for: the difference that a fixed-horizon test of that size would find in four of five cases.
    /// </summary>
    private static object? Plan(ExperimentDocument e)
    {
        var (config, look, state) = (e.Start.Configuration, e.Look, e.State);
        if (look is null)
            return null;
        var paired = ExperimentForecast.IsPaired(state);
        var tightest = paired ? config.TuningN : config.TuningN / 2;
        var forecast = ExperimentForecast.Of(config, state, look, e.Start.Effect, Power);
        var deviation = ExperimentForecast.Deviation(look, paired);
        // n of a fixed-horizon comparison of means goes with 1/Δ²: what n units can find follows from what one unit deviation would need.
        double? detectable = config.Mode != ExperimentMode.Ctcde && deviation > 0 && double.IsFinite(deviation)
            ? deviation * Math.Sqrt(Planning.Means(1, 1, config.Alpha, Power) / (paired ? 2 : 1) / tightest)
            : null;
        var endsBy = config.Mode == ExperimentMode.Ctcde
            ? state.StartedAt + (config.EffectiveCtcde.Interval * config.EffectiveCtcde.IterationsPerLoop * config.EffectiveCtcde.MaxLoops)
            : state.StartedAt + config.MaxDuration;
        var left = endsBy - look.Now;
        return new
        {
            have = ExperimentForecast.Have(look, paired),
            paired,
            perDay = ExperimentForecast.Rate(config, state, look),
            forecast.UnitsPerArm,
            forecast.Because,
            forecast.Effect,
            forecast.Days,
            decided = state.Verdict is not null,
            power = Power,
            tightest = config.Mode == ExperimentMode.Sequential ? tightest : (double?)null,
            detectable,
            endsBy,
            warning = state.IsFinal || forecast.Days is not { } days || days <= left.TotalDays ? null
                : FormattableString.Invariant($"At this rate {days:0.#} more days are needed, and {Math.Max(0, left.TotalDays):0.#} are left."),
        };
    }
}

/// <summary>Something that a person may do on the page of a pipeline.</summary>
/// <param name="Name">retrain, approve, abort or rollback.</param>
/// <param name="Path">Where it is posted to; null when there is nothing to post to.</param>
/// <param name="Allowed">Whether it can be done now.</param>
/// <param name="Consequence">What comes of it, or why it cannot be done.</param>
internal sealed record PipelineAction(string Name, string? Path, bool Allowed, string Consequence);
