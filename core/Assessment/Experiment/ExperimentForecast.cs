namespace Iml4e.Assessment.Experiment;

/// <summary>
/// How long an experiment that runs will probably still take: until the units that a fixed-horizon test of the wanted effect would need are there, at the
/// traffic that there is. N* is no such number: it says where the interval is tightest, and an experiment may be decided long before it or after.
/// </summary>
/// <param name="UnitsPerArm">Units in each arm, or pairs, that are wanted; null when no effect is said to matter.</param>
/// <param name="Because">What says so: plan, nonInferiorityMargin, futilityEffect, or lastPlannedLook; null when nothing does.</param>
/// <param name="Effect">The difference that is to be found; null where the number of units is given instead.</param>
/// <param name="Days">Days until they are there, through the stages that are left, and until their labels are mature; null without traffic.</param>
public sealed record ExperimentForecast(double? UnitsPerArm, string? Because, double? Effect, double? Days)
{
    private static readonly ExperimentForecast Nothing = new(null, null, null, null);

    /// <summary>Forecasts an experiment that is under way.</summary>
    /// <param name="config">Its configuration.</param>
    /// <param name="state">Its state.</param>
    /// <param name="look">The newest look.</param>
    /// <param name="effect">The difference that whoever started it said was to be found; null when nobody did.</param>
    /// <param name="power">The chance to find it, in (0, 1).</param>
    public static ExperimentForecast Of(ExperimentConfiguration config, ExperimentState state, ExperimentLook look, double? effect = null, double power = 0.8)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(look);
        // Mode ctcde goes by its iterations, and what is decided needs no more units.
        if (config.Mode == ExperimentMode.Ctcde || state.Verdict is not null || state.IsFinal)
            return Nothing;
        var (because, wanted) = effect is not null ? ("plan", effect)
            : config.Decision == DecisionRule.NonInferior ? ("nonInferiorityMargin", config.NonInferiorityMargin)
            : ("futilityEffect", config.FutilityEffect);
        if (config is { Mode: ExperimentMode.GroupSequential, GroupSequential: { } plan })
            return new ExperimentForecast(plan.UnitsPerArm, "lastPlannedLook", null, DaysUntil(config, state, look, plan.UnitsPerArm));
        return wanted is { } difference && Units(config, state, look, difference, power) is { } units
            ? new ExperimentForecast(units, because, difference, DaysUntil(config, state, look, units))
            : Nothing;
    }

    /// <summary>Units a day: new pairs, or new units of each arm at the present stage; null while there is no telling.</summary>
    public static double? Rate(ExperimentConfiguration config, ExperimentState state, ExperimentLook look)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(look);
        var paired = IsPaired(state);
        if (!paired && state.Stage < 0)
            return null;
        var elapsed = look.Now - (paired ? state.PhaseEnteredAt : state.StageEnteredAt);
        var since = paired ? Have(look, paired) : Math.Min(look.Control.Units - state.StageControlUnits, look.Challenger.Units - state.StageChallengerUnits);
        return elapsed > TimeSpan.Zero && since > 0 ? since / elapsed.TotalDays : null;
    }

    /// <summary>Whether pairs are what is counted now.</summary>
    public static bool IsPaired(ExperimentState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Design == ExperimentDesign.ShadowPaired && state.Stage < 0;
    }

    /// <summary>Units in each arm, or pairs, of which the outcome is known.</summary>
    public static long Have(ExperimentLook look, bool paired)
    {
        ArgumentNullException.ThrowIfNull(look);
        return paired ? look.Paired?.Count ?? 0 : Math.Min(look.Control.Outcomes.Count, look.Challenger.Outcomes.Count);
    }

    /// <summary>The standard deviation of an outcome, or of a difference of pairs, as it is by now.</summary>
    public static double Deviation(ExperimentLook look, bool paired)
    {
        ArgumentNullException.ThrowIfNull(look);
        return Math.Sqrt(paired ? look.Paired?.Variance ?? double.NaN : (look.Control.Outcomes.Variance + look.Challenger.Outcomes.Variance) / 2);
    }

    // At the rate or spread that is seen by now.
    private static double? Units(ExperimentConfiguration config, ExperimentState state, ExperimentLook look, double effect, double power)
    {
        var paired = IsPaired(state);
        if (!paired && config.Primary.Type == OutcomeType.Binary)
        {
            var rate = look.Control.Outcomes.Mean;
            var other = rate + (config.Primary.Direction == OutcomeDirection.Lower ? -Math.Abs(effect) : Math.Abs(effect));
            return rate is > 0 and < 1 && other is > 0 and < 1 ? Math.Ceiling(Planning.TwoProportions(rate, other, config.Alpha, power)) : null;
        }

        var deviation = Deviation(look, paired);
        return deviation > 0 && double.IsFinite(deviation) && effect != 0 && double.IsFinite(effect)
            ? Math.Ceiling(Planning.Means(deviation, effect, config.Alpha, power) / (paired ? 2 : 1))
            : null;
    }

    private static double? DaysUntil(ExperimentConfiguration config, ExperimentState state, ExperimentLook look, double wanted)
    {
        var paired = IsPaired(state);
        if (Have(look, paired) >= wanted)
            return 0;
        if (Rate(config, state, look) is not { } rate)
            return null;
        var maturity = config.Labels.Maturity.TotalDays;
        if (paired)
            return ((wanted - Have(look, paired)) / rate) + maturity;
        var perShare = rate / config.Stages[state.Stage];
        var missing = wanted - Math.Min(look.Control.Units, look.Challenger.Units);
        var (days, dwelt) = (0.0, (look.Now - state.StageEnteredAt).TotalDays);
        var there = Math.Min(look.Control.Units - state.StageControlUnits, look.Challenger.Units - state.StageChallengerUnits);
        for (var stage = state.Stage; stage < config.Stages.Count - 1 && missing > 0; stage++)
        {
            var perDay = perShare * config.Stages[stage];
            var stay = Math.Max(0, Math.Max(config.StageMinDwell.TotalDays - dwelt, (config.StageMinUnitsPerArm - there) / perDay));
            stay = Math.Min(stay, missing / perDay);
            days += stay;
            missing -= stay * perDay;
            (dwelt, there) = (0, 0);
        }

        return days + (Math.Max(0, missing) / (perShare * config.Stages[^1])) + maturity;
    }
}
