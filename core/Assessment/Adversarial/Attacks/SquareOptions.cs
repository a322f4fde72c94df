using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>Parameters of <see cref="SquareAttack"/>.</summary>
public sealed record SquareOptions
{
    /// <summary>What may be changed; L∞.</summary>
    public required PerturbationBall Ball { get; init; }

    /// <summary>Number of steps of a run, each one query.</summary>
    public int Iterations { get; init; } = 100;

    /// <summary>Part of the image that the first squares cover.</summary>
    public double FirstPart { get; init; } = 0.8;

    /// <summary>Runs, each from other stripes.</summary>
    public int Restarts { get; init; } = 1;

    /// <summary>Most queries of a sample.</summary>
    public long MaxQueries { get; init; } = long.MaxValue;
}
