namespace Iml4e.Inference.Gradients.Optimizers;

/// <summary>Something that an optimiser keeps of a parameter, before and after a step; of the parameter's shape.</summary>
/// <param name="Slot">What it is, such as <see cref="OptimizerSpec.MeanSlot"/>.</param>
/// <param name="Name">The input; zeros at first, of <see cref="OptimizerSpec.AverageSlot"/> the parameter itself.</param>
/// <param name="Updated">The output after the step.</param>
public sealed record StateUpdate(string Slot, string Name, string Updated);
