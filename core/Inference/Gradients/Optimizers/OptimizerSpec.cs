namespace Iml4e.Inference.Gradients.Optimizers;

/// <summary>An optimiser and its constants; the learning rate comes with every step.</summary>
public sealed record OptimizerSpec
{
    /// <summary>Momentum's running gradient: <c>&lt;parameter&gt;/momentum</c>.</summary>
    public const string MomentumSlot = "momentum";

    /// <summary>Running mean of the gradient: <c>&lt;parameter&gt;/exp_avg</c>.</summary>
    public const string MeanSlot = "exp_avg";

    /// <summary>Running mean of the squared gradient: <c>&lt;parameter&gt;/exp_avg_sq</c>.</summary>
    public const string SquareSlot = "exp_avg_sq";

    /// <summary>Running mean of the parameter itself: <c>&lt;parameter&gt;/average</c>.</summary>
    public const string AverageSlot = "average";

    /// <summary>Which one.</summary>
    public required OptimizerKind Kind { get; init; }

    /// <summary>μ of sgd, 0 to below 1.</summary>
    public double Momentum { get; init; }

    /// <summary>τ of sgd: share of the gradient that momentum leaves out, 0 to below 1; the first step takes all of it.</summary>
    public double Dampening { get; init; }

    /// <summary>Whether sgd looks ahead along its momentum.</summary>
    public bool Nesterov { get; init; }

    /// <summary>Weight decay, at least 0; null = 0.01 of adamw, else 0.</summary>
    public double? WeightDecay { get; init; }

    /// <summary>β1 of adam and adamw.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>β2 of adam and adamw.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>ε of adam, adamw and rmsprop, above 0.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>α of rmsprop.</summary>
    public double Smoothing { get; init; } = 0.99;

    /// <summary>Largest norm of all gradients together; null = whatever it is.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>d of the running mean of the parameters, e ← d·e + (1-d)·p; null = none is kept.</summary>
    public double? AverageDecay { get; init; }

    /// <summary>Weight decay that holds.</summary>
    public double Decay => WeightDecay ?? (Kind == OptimizerKind.AdamW ? 0.01 : 0);

    /// <summary>What is kept of every parameter from step to step.</summary>
    public IReadOnlyList<string> Slots
    {
        get
        {
            string[] own = Kind switch
            {
                OptimizerKind.Sgd => Momentum > 0 ? [MomentumSlot] : [],
                OptimizerKind.RmsProp => [SquareSlot],
                _ => [MeanSlot, SquareSlot],
            };
            return AverageDecay is null ? own : [.. own, AverageSlot];
        }
    }

    /// <summary>Refuses constants that make no sense.</summary>
    /// <exception cref="GradientRequestException">Names the constant.</exception>
    public void Check()
    {
        Require(Momentum is >= 0 and < 1, "momentum", "must be 0 to below 1");
        Require(Dampening is >= 0 and < 1, "dampening", "must be 0 to below 1");
        Require(!Nesterov || (Momentum > 0 && Dampening == 0), "nesterov", "needs momentum and no dampening");
        Require(Decay is >= 0 and < 1, "weightDecay", "must be 0 to below 1");
        Require(Beta1 is >= 0 and < 1, "beta1", "must be 0 to below 1");
        Require(Beta2 is >= 0 and < 1, "beta2", "must be 0 to below 1");
        Require(Epsilon is > 0 and < 1, "epsilon", "must lie between 0 and 1");
        Require(Smoothing is > 0 and < 1, "smoothing", "must lie between 0 and 1");
        Require(ClipNorm is null or > 0, "clipNorm", "must be above 0");
        Require(AverageDecay is null or (> 0 and < 1), "averageDecay", "must lie between 0 and 1");
    }

    private static void Require(bool holds, string field, string what)
    {
        if (!holds)
            throw new GradientRequestException("optimizer." + field, $"optimizer.{field} {what}");
    }
}
