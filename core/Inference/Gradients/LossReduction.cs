namespace Iml4e.Inference.Gradients;

/// <summary>How the losses of samples become one.</summary>
public enum LossReduction
{
    /// <summary>Their mean; with class weights, divided by the sum of those used.</summary>
    Mean,

    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>One loss each; all are differentiated with the cotangent 1, so rows do not mix.</summary>
    None,
}
