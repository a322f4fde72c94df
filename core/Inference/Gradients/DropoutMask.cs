namespace Iml4e.Inference.Gradients;

/// <summary>An input that says which elements dropout keeps.</summary>
/// <param name="Input">Name of the input, of booleans.</param>
/// <param name="Shape">Its shape; -1 = follows the batch.</param>
/// <param name="Keep">Share of the elements to keep.</param>
public sealed record DropoutMask(string Input, long[] Shape, double Keep);
