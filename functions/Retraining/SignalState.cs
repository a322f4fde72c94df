using Iml4e.Assessment.Triggers;

namespace Iml4e.Functions.Retraining;

/// <summary>What the trigger of one signal remembers.</summary>
internal sealed record SignalState
{
    /// <summary>Armed or latched, with its counters.</summary>
    public HysteresisState Trigger { get; init; } = new();

    /// <summary>Champion version that is watched; another one starts anew.</summary>
    public string? Version { get; init; }

    /// <summary>Mark of the newest score that was taken in.</summary>
    public long Scored { get; init; }

    /// <summary>The newest score; null before the first full window.</summary>
    public double? Score { get; init; }

    /// <summary>What the newest score was made of.</summary>
    public string? Evidence { get; init; }

    /// <summary>The newest firing.</summary>
    public string? LastTrigger { get; init; }
}
