namespace Iml4e.Inference.Gradients.Optimizers;

/// <summary>The step of an optimiser that a graph takes.</summary>
/// <param name="Updates">Parameters before and after, in the order asked for.</param>
/// <param name="NormOutput">Norm of all gradients together, before clipping; not finite when any of them is not.</param>
/// <param name="RateInput">Input of the learning rate: a number.</param>
/// <param name="StepInput">Input of the number of the step, from 1: a real number; null when the optimiser does not need it.</param>
public sealed record OptimizerStep(ParameterUpdate[] Updates, string NormOutput, string RateInput, string? StepInput);
