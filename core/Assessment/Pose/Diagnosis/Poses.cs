namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>Keypoints and scores of all detections, as they are or as they would be without some error.</summary>
/// <param name="Keypoints">x and y of each keypoint, by detection.</param>
/// <param name="Scores">By detection.</param>
internal sealed record Poses(ReadOnlyMemory<double>[] Keypoints, double[] Scores);
