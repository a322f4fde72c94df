namespace Iml4e.Assessment.Triggers;

/// <summary>What a hysteresis trigger remembers, one for each model and signal; serialisable. <c>new()</c> is armed.</summary>
public sealed record HysteresisState
{
    /// <summary>Whether it has triggered and waits for low scores.</summary>
    public bool Latched { get; init; }

    /// <summary>High scores in a row.</summary>
    public int Up { get; init; }

    /// <summary>Low scores in a row since it triggered.</summary>
    public int Down { get; init; }

    /// <summary>When it last triggered.</summary>
    public DateTimeOffset? LastTriggerAt { get; init; }

    /// <summary>Retrainings in a row that came to nothing.</summary>
    public int Failures { get; init; }

    /// <summary>The day, UTC, that <see cref="TriggersToday"/> belongs to.</summary>
    public DateOnly? Day { get; init; }

    /// <summary>Triggers on that day.</summary>
    public int TriggersToday { get; init; }

    /// <summary>Scores that were not there.</summary>
    public long NoData { get; init; }
}
