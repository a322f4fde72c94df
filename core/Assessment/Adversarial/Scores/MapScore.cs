namespace Iml4e.Assessment.Adversarial.Scores;

/// <summary>Mean average precision; null where there is no true object to find.</summary>
/// <param name="Map">Over all classes and overlaps of the method.</param>
/// <param name="Ap50">At overlap 0.5.</param>
/// <param name="Ap75">At overlap 0.75; null for methods that know 0.5 alone.</param>
/// <param name="PerClass">Of each class with true objects.</param>
/// <param name="PerSize">Of small (to 32² pixels), medium (to 96²) and large objects, in this order; those there are.</param>
public sealed record MapScore(
    double? Map, double? Ap50, double? Ap75, IReadOnlyDictionary<int, double> PerClass, IReadOnlyList<(string Size, double Map)> PerSize);
