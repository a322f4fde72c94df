namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>A kind of error that average precision is lost by.</summary>
public enum PoseError
{
    /// <summary>Keypoints near nothing.</summary>
    Miss,

    /// <summary>Keypoints on another object.</summary>
    Swap,

    /// <summary>Keypoints on the other side.</summary>
    Inversion,

    /// <summary>Keypoints not quite where they belong.</summary>
    Jitter,

    /// <summary>Scores that put worse detections before better ones.</summary>
    Score,

    /// <summary>Detections where nothing is.</summary>
    BackgroundFalsePositive,

    /// <summary>Objects without a detection.</summary>
    FalseNegative,
}
