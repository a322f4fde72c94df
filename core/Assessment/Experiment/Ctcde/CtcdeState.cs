namespace Iml4e.Assessment.Experiment.Ctcde;

/// <summary>Where an experiment in the manner of CTCD-e stands; <c>new()</c> is its beginning.</summary>
public sealed record CtcdeState
{
    /// <summary>Iterations so far.</summary>
    public int Iteration { get; init; }

    /// <summary>The challenger's share of the traffic, percent.</summary>
    public int ChallengerWeight { get; init; }

    /// <summary>What the newest iteration said.</summary>
    public CtcdeVerdict Verdict { get; init; } = CtcdeVerdict.None;

    /// <summary>Whether the experiment is over; the verdict stands then, and without one the champion stays.</summary>
    public bool Ended { get; init; }

    /// <summary>The objective whose miss ended it early; null if none did.</summary>
    public string? RolledBackBy { get; init; }
}
