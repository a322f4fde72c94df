namespace Iml4e.Assessment.Experiment.Ctcde;

/// <summary>
/// The A/B test of the CTCD-e pipeline, reproduced for comparison: for a fixed number of iterations the traffic moves towards whichever version has the
/// better point estimate of the reward among those that keep all objectives, and the one that is ahead at the end wins. Not statistically controlled: there
/// is no test of significance or of the sample ratio, units do not stick to a version, and labels need not be mature.
/// </summary>
/// <remarks>The rules are those of iter8-analytics v2 (winner and weight recommendation, testing pattern A/B, deployment pattern Progressive).</remarks>
public static class CtcdeDecider
{
    /// <summary>What every report about such an experiment must say.</summary>
    public const string Warning = "not statistically controlled";

    /// <summary>Takes one iteration.</summary>
    /// <param name="options">Valid options.</param>
    /// <param name="state">The state after the iteration before.</param>
    /// <param name="champion">The champion's metrics so far.</param>
    /// <param name="challenger">The challenger's metrics so far.</param>
    /// <returns>The next state; of an experiment that has ended, the same.</returns>
    public static CtcdeState Decide(CtcdeOptions options, CtcdeState state, CtcdeReading champion, CtcdeReading challenger)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(champion);
        ArgumentNullException.ThrowIfNull(challenger);
        if (state.Ended)
            return state;
        var iteration = state.Iteration + 1;
        // A value that is not known yet makes the challenger ineligible, but is no failure.
        var failed = options.Objectives.FirstOrDefault(o =>
            o.RollbackOnFailure && challenger.Metrics.GetValueOrDefault(o.Metric) is { } value && !o.KeptBy(value));
        if (failed is not null)
            return new CtcdeState { Iteration = iteration, Ended = true, Verdict = CtcdeVerdict.Champion, RolledBackBy = failed.Metric };

        var verdict = Winner(options, champion, challenger);
        if (iteration < (long)options.IterationsPerLoop * options.MaxLoops)
            return new CtcdeState { Iteration = iteration, Verdict = verdict, ChallengerWeight = Weight(options, state.ChallengerWeight, verdict) };
        return new CtcdeState { Iteration = iteration, Verdict = verdict, Ended = true, ChallengerWeight = verdict == CtcdeVerdict.Challenger ? 100 : 0 };
    }

    /// <summary>The version with the better point estimate among those that keep all objectives.</summary>
    public static CtcdeVerdict Winner(CtcdeOptions options, CtcdeReading champion, CtcdeReading challenger)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(champion);
        ArgumentNullException.ThrowIfNull(challenger);
        var a = Eligible(options, champion) ? champion.Reward : null;
        var b = Eligible(options, challenger) ? challenger.Reward : null;
        return (a, b) switch
        {
            (null, null) => CtcdeVerdict.None,
            (_, null) => CtcdeVerdict.Champion,
            (null, _) => CtcdeVerdict.Challenger,
            _ when a == b => CtcdeVerdict.Tie,
            _ => b > a == (options.PreferredDirection == OutcomeDirection.Higher) ? CtcdeVerdict.Challenger : CtcdeVerdict.Champion,
        };
    }

    /// <summary>
    /// The challenger's next weight, percent: its half of the exploration traffic and, if it is best, the rest (half of it in a tie); growth is limited, and a
    /// fall is not.
    /// </summary>
    /// <param name="options">Valid options.</param>
    /// <param name="weight">Its weight now.</param>
    /// <param name="verdict">Which version is best now.</param>
    public static int Weight(CtcdeOptions options, int weight, CtcdeVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(options);
        var exploited = verdict switch { CtcdeVerdict.Challenger => 1.0, CtcdeVerdict.Tie => 0.5, _ => 0 };
        var wanted = options.ExplorationTraffic / 2.0 + (100 - options.ExplorationTraffic) * exploited;
        var limit = Math.Min(weight + options.MaxCandidateWeightIncrement, options.MaxCandidateWeight);
        return (int)Math.Round(Math.Min(wanted, limit));
    }

    private static bool Eligible(CtcdeOptions options, CtcdeReading version) =>
        options.Objectives.All(o => o.KeptBy(version.Metrics.GetValueOrDefault(o.Metric)));
}
