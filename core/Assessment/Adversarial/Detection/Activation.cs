namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>What is applied to a raw value of a detector.</summary>
public enum Activation
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>1 / (1 + e^-t).</summary>
    Sigmoid,

    /// <summary>tanh t.</summary>
    Tanh,

    /// <summary>e^t.</summary>
    Exp,

    /// <summary>Softmax over the field.</summary>
    Softmax,
}
