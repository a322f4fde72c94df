using Iml4e.LocalRuntime.Testing.Replay;

namespace Iml4e.LocalRuntime.Testing;

/// <summary>An orchestrator did something else when it was run again over its own history.</summary>
public sealed class NonDeterminismException : Exception
{
    internal NonDeterminismException(OrchestrationHistoryDocument history, ReplayDifference difference)
        : base($"The orchestrator '{history.Name}' is not deterministic. {difference.Message} It may use only what its context gives it.")
    {
        History = history;
        Difference = difference;
    }

    /// <summary>What it did first.</summary>
    public OrchestrationHistoryDocument History { get; }

    /// <summary>Where it did something else.</summary>
    public ReplayDifference Difference { get; }
}
