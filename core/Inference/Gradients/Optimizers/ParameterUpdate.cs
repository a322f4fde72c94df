namespace Iml4e.Inference.Gradients.Optimizers;

/// <summary>A parameter before and after a step: values of one shape.</summary>
/// <param name="Parameter">The parameter, an input.</param>
/// <param name="Updated">The output of the parameter after the step.</param>
/// <param name="States">What is kept of it from step to step.</param>
public sealed record ParameterUpdate(string Parameter, string Updated, IReadOnlyList<StateUpdate> States);
