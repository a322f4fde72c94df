namespace Iml4e.Assessment.Pose.Decoding;

/// <summary>How the place of a maximum is found more exactly than to a cell of the heat map.</summary>
public enum SubPixel
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>A quarter of a cell toward the higher neighbour in each direction.</summary>
    Quarter,

    /// <summary>
    /// The maximum of a Gaussian with the same logarithm, slope and curvature (Zhang et al., "Distribution-aware coordinate representation", CVPR 2020).
    /// </summary>
    Taylor,
}
