namespace Iml4e.Learning.BoostedTrees;

/// <summary>What the validation rows decided.</summary>
/// <param name="Parameters">Searched parameters.</param>
/// <param name="Rounds">Rounds kept.</param>
/// <param name="Loss">Loss on the validation rows; null when none were looked at.</param>
/// <param name="Tried">All combinations; empty without a search.</param>
internal sealed record TreeChoice(IReadOnlyDictionary<string, double> Parameters, int Rounds, double? Loss, IReadOnlyList<ParameterCandidate> Tried);
