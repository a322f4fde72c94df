using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>Parameters of attacks that climb a loss by steps of a fixed length.</summary>
public sealed record IterativeOptions
{
    /// <summary>What may be changed.</summary>
    public required PerturbationBall Ball { get; init; }

    /// <summary>Length of a step, α, in the ball's norm; above 0.</summary>
    public required float Step { get; init; }

    /// <summary>Number of steps.</summary>
    public required int Iterations { get; init; }

    /// <summary>Runs from a random point each; 0 = one run from the clean image.</summary>
    public int RandomStarts { get; init; }

    /// <summary>Factor of the momentum, μ; null = without momentum.</summary>
    public float? Momentum { get; init; }

    /// <summary>Whether the gradient is taken ahead, at x + α·μ·m (Lin et al., 2020).</summary>
    public bool Nesterov { get; init; }

    /// <summary>Random resizing of the input before the gradient; null = none.</summary>
    public DiverseInput? Diversity { get; init; }

    /// <summary>Smoothing of the gradient; null = none.</summary>
    public GaussianKernel? Kernel { get; init; }
}
