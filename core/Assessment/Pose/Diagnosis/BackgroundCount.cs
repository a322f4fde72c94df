namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>Detections without an object and objects without a detection.</summary>
/// <param name="Threshold">Similarity that a detection is a hit from.</param>
/// <param name="FalsePositives">Detections without an annotation, one that does not count included.</param>
/// <param name="FalseNegatives">Annotations without a detection, crowds and those without labelled keypoints included.</param>
/// <param name="FalseNegativesCounted">Of them those that count.</param>
public sealed record BackgroundCount(double Threshold, int FalsePositives, int FalseNegatives, int FalseNegativesCounted);
