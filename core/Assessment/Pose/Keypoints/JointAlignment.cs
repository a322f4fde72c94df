namespace Iml4e.Assessment.Pose.Keypoints;

/// <summary>What a found pose may be moved by before its distance from the true one is taken.</summary>
public enum JointAlignment
{
    /// <summary>Nothing: MPJPE.</summary>
    None,

    /// <summary>Its scale: N-MPJPE.</summary>
    Scale,

    /// <summary>Scale, rotation and place (Procrustes): PA-MPJPE.</summary>
    Similarity,
}
