namespace Iml4e.Assessment.Pose.Decoding;

/// <summary>What a pose model gives.</summary>
public enum PoseHead
{
    /// <summary>A heat map for each keypoint of the one object in the input.</summary>
    HeatMap,

    /// <summary>A classification of columns and one of rows for each keypoint of the one object in the input.</summary>
    SimCc,

    /// <summary>Coordinates of each keypoint of the one object in the input.</summary>
    Regression,

    /// <summary>Candidates with box, scores and keypoints for all objects in the input.</summary>
    SingleStage,
}
