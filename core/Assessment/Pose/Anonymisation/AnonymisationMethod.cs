namespace Iml4e.Assessment.Pose.Anonymisation;

/// <summary>How a face is made unrecognisable.</summary>
public enum AnonymisationMethod
{
    /// <summary>Cells of one colour, six across a face, of four pixels at least: a face may still be seen to be one, but not whose.</summary>
    Pixelate,

    /// <summary>Three box blurs, each reaching a sixth of the face: nearly a Gaussian.</summary>
    Blur,
}
