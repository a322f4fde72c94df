namespace Iml4e.Assessment.Experiment;

/// <summary>Units of one type in the two slices.</summary>
/// <param name="Name">The type; <see cref="UnitSegment.Other"/> for all that have none.</param>
/// <param name="Control">Units in the control slice.</param>
/// <param name="Challenger">Units in the challenger slice.</param>
public sealed record SegmentCounts(string Name, long Control, long Challenger);
