using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>Parameters of <see cref="ApgdAttack"/>.</summary>
public sealed record ApgdOptions
{
    /// <summary>What may be changed.</summary>
    public required PerturbationBall Ball { get; init; }

    /// <summary>Number of steps.</summary>
    public int Iterations { get; init; } = 100;

    /// <summary>Runs from a random point each, at least 1.</summary>
    public int RandomStarts { get; init; } = 1;

    /// <summary>What is raised: cross entropy or the ratio of logits.</summary>
    public AttackLoss Loss { get; init; } = AttackLoss.CrossEntropy;

    /// <summary>First step length; null = 2ε, as in the paper.</summary>
    public float? FirstStep { get; init; }

    /// <summary>Part of the steps between checkpoints that must bring progress, ρ.</summary>
    public double Progress { get; init; } = 0.75;

    /// <summary>Whether checkpoints are those of the Adversarial Robustness Toolbox.</summary>
    public bool ArtCheckpoints { get; init; }

    /// <summary>Number of the first random sequence; ensembles give each member its own.</summary>
    public int Stream { get; init; } = 100;
}
