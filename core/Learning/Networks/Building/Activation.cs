namespace Iml4e.Learning.Networks;

/// <summary>Activations of layers.</summary>
public enum Activation
{
    /// <summary>None: the layer is linear.</summary>
    None,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>min(max(x, 0), 6).</summary>
    Relu6,

    /// <summary>x·sigmoid(x).</summary>
    Silu,

    /// <summary>Hyperbolic tangent.</summary>
    Tanh,

    /// <summary>1/(1 + exp(-x)).</summary>
    Sigmoid,
}
