namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>Where the centre of a box is counted from.</summary>
public enum BoxBase
{
    /// <summary>The image's left upper corner.</summary>
    Origin,

    /// <summary>The candidate's cell of the grid.</summary>
    Cell,

    /// <summary>The centre of the candidate's prior box.</summary>
    Prior,
}
