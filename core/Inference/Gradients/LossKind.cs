namespace Iml4e.Inference.Gradients;

/// <summary>Losses that can be put on a model's output.</summary>
public enum LossKind
{
    /// <summary>softmax_ce: cross entropy of scores [N,C,d…] against class numbers [N,d…].</summary>
    SoftmaxCrossEntropy,

    /// <summary>nll: negative log likelihood of log probabilities [N,C,d…] against class numbers [N,d…].</summary>
    NegativeLogLikelihood,

    /// <summary>bce_logits: binary cross entropy of logits against targets in [0,1].</summary>
    BinaryCrossEntropy,

    /// <summary>mse: squared error.</summary>
    MeanSquaredError,

    /// <summary>mae: absolute error.</summary>
    MeanAbsoluteError,

    /// <summary>huber: ½e² up to δ, δ(|e|-½δ) beyond.</summary>
    Huber,

    /// <summary>smooth_l1: e²/(2β) up to β, |e|-½β beyond.</summary>
    SmoothL1,

    /// <summary>pinball: quantile loss max(τe, (τ-1)e) of the error e = target - prediction.</summary>
    Pinball,

    /// <summary>cw_margin: max(z_y - max z_other + κ, 0) of logits [N,C]; what Carlini and Wagner's attack brings down.</summary>
    Margin,

    /// <summary>focal: α(1-p)^γ·(-log p) of scores [N,C] against class numbers.</summary>
    Focal,
}
