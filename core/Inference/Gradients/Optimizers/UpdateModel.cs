using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Optimizers;

/// <summary>A graph that takes an optimiser's step from gradients that are computed already.</summary>
/// <param name="Model">The graph.</param>
/// <param name="GradientInputs">Inputs of the gradients, in the parameters' order.</param>
/// <param name="Step">What it updates.</param>
public sealed record UpdateModel(ModelProto Model, string[] GradientInputs, OptimizerStep Step);
