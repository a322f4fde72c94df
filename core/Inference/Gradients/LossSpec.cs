namespace Iml4e.Inference.Gradients;

/// <summary>A loss on one of the model's outputs.</summary>
public sealed record LossSpec
{
    /// <summary>Which loss.</summary>
    public required LossKind Kind { get; init; }

    /// <summary>Name of the output it is taken of; null = the first.</summary>
    public string? Output { get; init; }

    /// <summary>Name that the input of labels or targets gets.</summary>
    public string LabelInput { get; init; } = "labels";

    /// <summary>Name of an input [N] that says how much each sample counts, 0 for those that fill up a batch; null = all alike.</summary>
    public string? SampleWeightInput { get; init; }

    /// <summary>How the losses of samples become one.</summary>
    public LossReduction Reduction { get; init; } = LossReduction.Mean;

    /// <summary>Weight of each class, for softmax_ce and nll; null = 1 each.</summary>
    public float[]? ClassWeights { get; init; }

    /// <summary>Class number of samples that are passed over, for softmax_ce and nll; null = none.</summary>
    public long? IgnoreIndex { get; init; }

    /// <summary>δ of huber, above 0.</summary>
    public double Delta { get; init; } = 1;

    /// <summary>β of smooth_l1, above 0.</summary>
    public double Beta { get; init; } = 1;

    /// <summary>τ of pinball, between 0 and 1.</summary>
    public double Quantile { get; init; } = 0.5;

    /// <summary>κ of cw_margin, at least 0.</summary>
    public double Margin { get; init; }

    /// <summary>γ of focal, at least 0.</summary>
    public double FocalGamma { get; init; } = 2;

    /// <summary>α of focal, above 0.</summary>
    public double FocalAlpha { get; init; } = 1;
}
