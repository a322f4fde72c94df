using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Assessment.Pose.Json;

/// <summary>Detections as they were read.</summary>
/// <param name="Detections">In the order of the file.</param>
/// <param name="HasBoxes">Whether sizes are those of boxes that the file has, and not the extents of keypoints; decided by its first record.</param>
/// <param name="Skipped">The first records that were left out because they are wrong.</param>
/// <param name="SkippedCount">How many were.</param>
public sealed record CocoResults(IReadOnlyList<CocoDetection> Detections, bool HasBoxes, IReadOnlyList<RecordFault> Skipped, long SkippedCount);
