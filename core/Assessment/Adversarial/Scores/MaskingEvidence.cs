namespace Iml4e.Assessment.Adversarial.Scores;

/// <summary>Figures that tell whether a model is robust or only hides its gradients; what was not measured is null.</summary>
public sealed record MaskingEvidence
{
    /// <summary>Success rate of one step.</summary>
    public double? OneStep { get; init; }

    /// <summary>Success rate of many steps.</summary>
    public double? Iterative { get; init; }

    /// <summary>Success rate by queries alone.</summary>
    public double? BlackBox { get; init; }

    /// <summary>Success rate of random noise of the same size.</summary>
    public double? Noise { get; init; }

    /// <summary>Success rate of many steps with ε = 1.</summary>
    public double? Unbounded { get; init; }

    /// <summary>Part of the samples whose loss did not rise.</summary>
    public double? LossNotRisen { get; init; }

    /// <summary>Part of the gradients that were zero throughout.</summary>
    public double? ZeroGradients { get; init; }

    /// <summary>Whether gradients passed over the rounding of a quantised model.</summary>
    public bool StraightThrough { get; init; }

    /// <summary>What speaks for hidden gradients, in words.</summary>
    public IReadOnlyList<string> Flags()
    {
        var flags = new List<string>();
        if (OneStep > Iterative)
            flags.Add("one step fools more than many: the gradient misleads");
        if (BlackBox > Iterative)
            flags.Add("queries alone fool more than gradients do: the gradient misleads");
        if (Noise is { } noise && Iterative is { } attack && noise >= attack && attack < 1)
            flags.Add("random noise of the same size fools as much as the attack");
        if (Unbounded < 1)
            flags.Add("the attack without bound does not fool every sample");
        if (LossNotRisen > 0.1)
            flags.Add("the loss does not rise for more than 10 % of the samples");
        if (ZeroGradients > 0.1)
            flags.Add("more than 10 % of the gradients are zero");
        if (StraightThrough)
            flags.Add("the model is quantised, and its gradients pass over the rounding: transferred and black-box attacks must be tried as well");
        return flags;
    }
}
