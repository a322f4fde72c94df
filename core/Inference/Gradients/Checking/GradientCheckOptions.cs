namespace Iml4e.Inference.Gradients.Checking;

/// <summary>How thoroughly gradients are checked.</summary>
public sealed record GradientCheckOptions
{
    /// <summary>Seed of inputs, cotangents and directions.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Random directions beside that of the gradient itself (3).</summary>
    public int Directions { get; init; } = 3;

    /// <summary>Steps of the differences, relative to the root mean square of what is changed; the best one counts.</summary>
    public IReadOnlyList<double> Steps { get; init; } = [1e-2, 1e-3, 3e-4];

    /// <summary>Largest relative error of a directional difference in single precision (0.02: kinks of ReLU and MaxPool make 0.001 to 0.01 normal).</summary>
    public double Tolerance { get; init; } = 2e-2;

    /// <summary>
    /// Most that kinks excuse beside (0.05): at one, the slope may lie anywhere between the differences to both sides. In single precision only.
    /// </summary>
    public double KinkAllowance { get; init; } = 5e-2;

    /// <summary>Largest relative error in double precision (1e-5), where all kernels exist in it.</summary>
    public double DoubleTolerance { get; init; } = 1e-5;

    /// <summary>Largest relative deviation of grad(2·seed) from 2·grad(seed) (1e-5).</summary>
    public double LinearityTolerance { get; init; } = 1e-5;

    /// <summary>How the sessions use the machine, and how long a run may take.</summary>
    public SessionSettings Settings { get; init; } = SessionSettings.Default;

    /// <summary>Where the gradient is checked; an input that is not given is drawn at random, free dimensions taken as 1.</summary>
    public IReadOnlyList<Tensor> Inputs { get; init; } = [];
}
