namespace Iml4e.Assessment.Pose.Results;

/// <summary>Figures beside average precision that may be wanted.</summary>
public enum PoseMetric
{
    /// <summary>Percentage of correct keypoints, area under its curve, mean errors.</summary>
    Pck,

    /// <summary>Percentage of correct keypoints relative to the head.</summary>
    Pckh,

    /// <summary>Mean per-joint position error.</summary>
    Mpjpe,

    /// <summary>The skeleton's angles.</summary>
    Angles,
}
