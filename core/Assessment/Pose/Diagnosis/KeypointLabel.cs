namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>What became of a labelled keypoint in the detection of its object (Ronchi and Perona, ICCV 2017).</summary>
public enum KeypointLabel
{
    /// <summary>Nothing is known: the annotation does not say where it is.</summary>
    None,

    /// <summary>Where it belongs: keypoint similarity 0.85 or more.</summary>
    Good,

    /// <summary>Near where it belongs: similarity 0.5 or more.</summary>
    Jitter,

    /// <summary>Where the same object's keypoint of the other side is.</summary>
    Inversion,

    /// <summary>Where another object's keypoint is.</summary>
    Swap,

    /// <summary>Near nothing.</summary>
    Miss,
}
