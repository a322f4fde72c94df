namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>What a value of a box is a multiple of.</summary>
public enum BoxUnit
{
    /// <summary>One pixel of the input.</summary>
    Pixel,

    /// <summary>The input's width and height.</summary>
    Image,

    /// <summary>The stride of the candidate's grid.</summary>
    Stride,

    /// <summary>The candidate's anchor.</summary>
    Anchor,

    /// <summary>The candidate's prior box.</summary>
    Prior,
}
