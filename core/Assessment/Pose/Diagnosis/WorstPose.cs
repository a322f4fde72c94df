namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>A detection with many errors of one kind.</summary>
/// <param name="Detection">Its place among the detections, from 0.</param>
/// <param name="ImageId">Its image.</param>
/// <param name="AnnotationId">The object that it is taken for.</param>
/// <param name="Score">Its score.</param>
/// <param name="Errors">Keypoints with that error.</param>
public sealed record WorstPose(int Detection, long ImageId, long AnnotationId, double Score, int Errors);
