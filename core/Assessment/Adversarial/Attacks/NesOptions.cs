using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>Parameters of <see cref="NesAttack"/>.</summary>
public sealed record NesOptions
{
    /// <summary>What may be changed.</summary>
    public required PerturbationBall Ball { get; init; }

    /// <summary>Length of a step, α.</summary>
    public float Step { get; init; } = 0.01f;

    /// <summary>Most steps.</summary>
    public int Iterations { get; init; } = 100;

    /// <summary>Standard deviation of the noise, σ.</summary>
    public float Sigma { get; init; } = 0.001f;

    /// <summary>Queries of one gradient estimate, even.</summary>
    public int Samples { get; init; } = 50;

    /// <summary>Factor of the momentum.</summary>
    public float Momentum { get; init; } = 0.9f;

    /// <summary>Most queries of a sample.</summary>
    public long MaxQueries { get; init; } = long.MaxValue;
}
