namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>How far from its true place a keypoint is put when an error is corrected.</summary>
public enum CorrectionDistance
{
    /// <summary>As the paper words it: where its similarity is that of the class it is corrected to.</summary>
    Strict,

    /// <summary>Half as far, as the published code does, which overstates what an error costs.</summary>
    Compat,
}
