namespace Iml4e.Inference.Gradients;

/// <summary>A node that cannot be differentiated.</summary>
/// <param name="Node">Name of the node, or of its first output.</param>
/// <param name="Op">Operator, with its domain unless that is the standard one.</param>
/// <param name="Reason">Why, and what to do.</param>
public sealed record UnsupportedNode(string Node, string Op, string Reason);
