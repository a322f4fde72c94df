namespace Iml4e.Learning;

/// <summary>One combination of parameters that a search tried.</summary>
/// <param name="Parameters">The parameters that differ between the combinations.</param>
/// <param name="Rounds">Rounds kept by early stopping.</param>
/// <param name="Loss">The trainer's loss on the validation rows.</param>
/// <param name="Chosen">Whether it is the one that was taken.</param>
public sealed record ParameterCandidate(IReadOnlyDictionary<string, double> Parameters, int Rounds, double Loss, bool Chosen);
