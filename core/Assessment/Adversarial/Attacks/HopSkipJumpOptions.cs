using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>Parameters of <see cref="HopSkipJumpAttack"/>.</summary>
public sealed record HopSkipJumpOptions
{
    /// <summary>Norm that is kept small: L2 or L∞.</summary>
    public PerturbationNorm Norm { get; init; } = PerturbationNorm.L2;

    /// <summary>Number of steps.</summary>
    public int Iterations { get; init; } = 50;

    /// <summary>Most noises of one gradient estimate.</summary>
    public int MaxEvaluations { get; init; } = 10_000;

    /// <summary>Noises of the first gradient estimate; later ones have √t as many.</summary>
    public int FirstEvaluations { get; init; } = 100;

    /// <summary>Random images tried for a start.</summary>
    public int StartTries { get; init; } = 100;

    /// <summary>Most queries of a sample.</summary>
    public long MaxQueries { get; init; } = long.MaxValue;
}
