namespace Iml4e.Assessment.Pose.Keypoints;

/// <summary>What distances of keypoints are divided by.</summary>
public enum KeypointNorm
{
    /// <summary>The longer side of the object's box.</summary>
    Box,

    /// <summary>The distance of the skeleton's torso pair in the ground truth.</summary>
    Torso,

    /// <summary>The size of the head: as the file says it, else the distance of the skeleton's head pair in the ground truth.</summary>
    Head,
}
