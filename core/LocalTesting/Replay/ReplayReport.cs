namespace Iml4e.LocalRuntime.Testing.Replay;

/// <summary>What came of replaying a history.</summary>
/// <param name="History">What was replayed.</param>
/// <param name="Turns">How many turns it has.</param>
/// <param name="Difference">The first difference; null when the code does what the history tells.</param>
public sealed record ReplayReport(OrchestrationHistoryDocument History, int Turns, ReplayDifference? Difference)
{
    public bool IsSame => Difference is null;

    /// <exception cref="NonDeterminismException">There is a difference; the message says which.</exception>
    public void ThrowIfDifferent()
    {
        if (Difference is { } difference)
            throw new NonDeterminismException(History, difference);
    }

    public override string ToString() => $"{History}: {Difference?.Message ?? "as recorded"}";
}
