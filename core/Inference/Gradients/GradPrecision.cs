namespace Iml4e.Inference.Gradients;

/// <summary>Numbers that a gradient graph reckons with.</summary>
public enum GradPrecision
{
    /// <summary>Single precision; models of half precision are widened.</summary>
    Float32,

    /// <summary>Double precision throughout, inputs and outputs included. Some operators, convolutions among them, have no such kernel.</summary>
    Float64,
}
