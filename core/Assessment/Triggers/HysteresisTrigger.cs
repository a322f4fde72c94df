namespace Iml4e.Assessment.Triggers;

/// <summary>The monitoring trigger: a pure state machine with hysteresis, cool-down, failure back-off and a daily cap.</summary>
public static class HysteresisTrigger
{
    /// <summary>Takes a score.</summary>
    /// <param name="config">Limits.</param>
    /// <param name="state">What is remembered.</param>
    /// <param name="score">The score; null or not finite when there is none, which leaves the counters alone.</param>
    /// <param name="at">Its time; the only clock.</param>
    /// <returns>The new state and what the score led to.</returns>
    public static (HysteresisState State, TriggerOutcome Outcome) Score(
        HysteresisConfiguration config, HysteresisState state, double? score, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(state);
        if (score is not { } x || !double.IsFinite(x))
            return (state with { NoData = state.NoData + 1 }, TriggerOutcome.NoData);

        if (state.Latched)
        {
            var down = x <= config.Low ? state.Down + 1 : 0;
            return down >= config.ConsecutiveLow
                ? (state with { Latched = false, Up = 0, Down = 0 }, TriggerOutcome.Rearmed)
                : (state with { Down = down }, TriggerOutcome.None);
        }

        // The counter stops at its goal: a score that stays high for years must not overflow it.
        var up = x >= config.High ? Math.Min(state.Up + 1, config.ConsecutiveHigh) : 0;
        state = state with { Up = up };
        if (up < config.ConsecutiveHigh)
            return (state, TriggerOutcome.None);
        if (state.LastTriggerAt is { } last && at - last < EffectiveCooldown(config, state.Failures))
            return (state, TriggerOutcome.SuppressedByCooldown);
        var day = DateOnly.FromDateTime(at.UtcDateTime);
        var today = state.Day == day ? state.TriggersToday : 0;
        if (config.MaxPerDay > 0 && today >= config.MaxPerDay)
            return (state, TriggerOutcome.SuppressedByDailyCap);
        return (state with { Latched = true, Up = 0, Down = 0, LastTriggerAt = at, Day = day, TriggersToday = today + 1 }, TriggerOutcome.Triggered);
    }

    /// <summary>min(cooldown · factor^failures, cap).</summary>
    public static TimeSpan EffectiveCooldown(HysteresisConfiguration config, int failures)
    {
        ArgumentNullException.ThrowIfNull(config);
        var ticks = config.Cooldown.Ticks * Math.Pow(config.FailureBackoffFactor, Math.Max(0, failures));
        return ticks < config.FailureBackoffCap.Ticks ? TimeSpan.FromTicks((long)ticks) : config.FailureBackoffCap;
    }

    /// <summary>The retraining it caused was rejected offline, rolled back or failed.</summary>
    public static HysteresisState RetrainingFailed(HysteresisState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state with { Failures = state.Failures + 1 };
    }

    /// <summary>A new champion was promoted: armed, and failures are forgotten.</summary>
    public static HysteresisState Promoted(HysteresisState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state with { Latched = false, Up = 0, Down = 0, Failures = 0 };
    }
}
