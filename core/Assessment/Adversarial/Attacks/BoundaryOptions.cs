namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>Parameters of <see cref="BoundaryAttack"/>.</summary>
public sealed record BoundaryOptions
{
    /// <summary>First length of a step along the sphere, as a part of the distance.</summary>
    public double Delta { get; init; } = 0.01;

    /// <summary>First length of a step towards the clean image, as a part of the distance.</summary>
    public double Epsilon { get; init; } = 0.01;

    /// <summary>Factor by which both lengths are adapted, between 0 and 1.</summary>
    public double Adaptation { get; init; } = 0.667;

    /// <summary>Number of steps.</summary>
    public int Iterations { get; init; } = 5_000;

    /// <summary>Most rounds of noises of one step.</summary>
    public int Trials { get; init; } = 25;

    /// <summary>Noises of one round.</summary>
    public int Noises { get; init; } = 20;

    /// <summary>Random images tried for a start.</summary>
    public int StartTries { get; init; } = 100;

    /// <summary>Most queries of a sample.</summary>
    public long MaxQueries { get; init; } = long.MaxValue;
}
