namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>What a white-box attack raises on a classifier.</summary>
public enum AttackLoss
{
    /// <summary>The subject's own: cross entropy of classifiers, the configured loss of detectors.</summary>
    Default,

    /// <summary>ce: cross entropy; with a target, its negative at the target.</summary>
    CrossEntropy,

    /// <summary>dlr: difference of logits ratio (Croce and Hein, 2020).</summary>
    Dlr,

    /// <summary>margin: -max(z_y - max z_other + κ, 0) (Carlini and Wagner, 2017).</summary>
    Margin,
}
