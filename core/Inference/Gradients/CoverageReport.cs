namespace Iml4e.Inference.Gradients;

/// <summary>How far a model can be differentiated.</summary>
/// <param name="ForwardNodes">Nodes of the model, normalised.</param>
/// <param name="BackwardNodes">Nodes added for the gradients.</param>
/// <param name="ZeroGradientOps">Operators on the way whose gradient is zero almost everywhere, such as Round.</param>
/// <param name="Unsupported">Nodes on the way that have no rule.</param>
/// <param name="StraightThrough">Nodes whose rounding is passed over: quantisation.</param>
public sealed record CoverageReport(
    int ForwardNodes, int BackwardNodes, string[] ZeroGradientOps, UnsupportedNode[] Unsupported, string[] StraightThrough);
