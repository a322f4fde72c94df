using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>Parameters of <see cref="DeepFoolAttack"/>.</summary>
public sealed record DeepFoolOptions
{
    /// <summary>Norm that is kept small: L2 or L∞.</summary>
    public PerturbationNorm Norm { get; init; } = PerturbationNorm.L2;

    /// <summary>Most steps.</summary>
    public int Iterations { get; init; } = 100;

    /// <summary>How far the result goes beyond the boundary, as a part of the way.</summary>
    public float Overshoot { get; init; } = 0.02f;

    /// <summary>Likeliest other classes that are looked at.</summary>
    public int Classes { get; init; } = 10;
}
