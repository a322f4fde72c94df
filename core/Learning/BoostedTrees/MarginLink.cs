namespace Iml4e.Learning.BoostedTrees;

/// <summary>How a prediction comes of a margin.</summary>
internal enum MarginLink
{
    /// <summary>The margin is the prediction.</summary>
    Identity,

    /// <summary>1 / (1 + exp(-margin)).</summary>
    Logistic,

    /// <summary>exp(margin).</summary>
    Exponential,

    /// <summary>Softmax over the margins of the classes.</summary>
    Softmax,

    /// <summary>1 where the margin is positive, else 0.</summary>
    Step,
}
