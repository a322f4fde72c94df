using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>Parameters of <see cref="AutoAttack"/>.</summary>
public sealed record AutoOptions
{
    /// <summary>What may be changed.</summary>
    public required PerturbationBall Ball { get; init; }

    /// <summary>Steps of each run of APGD.</summary>
    public int Iterations { get; init; } = 100;

    /// <summary>Other classes that are targeted, the likeliest first.</summary>
    public int Targets { get; init; } = 9;

    /// <summary>Steps of the square attack.</summary>
    public int Queries { get; init; } = 5_000;
}
