namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>A detection, the annotation that it is taken for, and what became of each keypoint.</summary>
/// <param name="Detection">Place of the detection.</param>
/// <param name="Annotation">Place of the annotation.</param>
/// <param name="Labels">By keypoint.</param>
/// <param name="Similarities">By keypoint: similarity with the nearest candidate, 0..1; what it is worth says the label.</param>
internal sealed record LabelledPose(int Detection, int Annotation, KeypointLabel[] Labels, double[] Similarities)
{
    /// <summary>Keypoints with a label.</summary>
    public int Count(KeypointLabel label) => Labels.Count(l => l == label);
}
