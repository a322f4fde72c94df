using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Assessment.Pose.Json;

/// <summary>A ground truth as it was read.</summary>
/// <param name="Dataset">What is in it.</param>
/// <param name="Warnings">What was made up for, in words.</param>
/// <param name="Skipped">The first records that were left out because they are wrong.</param>
/// <param name="SkippedCount">How many were.</param>
public sealed record CocoGroundTruth(CocoDataset Dataset, IReadOnlyList<string> Warnings, IReadOnlyList<RecordFault> Skipped, long SkippedCount);
