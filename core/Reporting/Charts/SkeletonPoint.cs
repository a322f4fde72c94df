namespace Iml4e.Reporting.Charts;

/// <summary>A point of a drawn skeleton.</summary>
/// <param name="Name">What it is.</param>
/// <param name="X">Where, to the right, in any unit; null where it is not known.</param>
/// <param name="Y">Where, downwards, in the same unit.</param>
public sealed record SkeletonPoint(string Name, double? X, double? Y);
