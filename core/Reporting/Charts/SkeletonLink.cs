namespace Iml4e.Reporting.Charts;

/// <summary>Two points of a skeleton that are joined.</summary>
/// <param name="From">One, from 0.</param>
/// <param name="To">The other.</param>
public sealed record SkeletonLink(int From, int To);
