namespace Iml4e.Inference.Gradients.Rules;

/// <summary>How a product of matrices is fed that gives the cotangent of a convolution's weights.</summary>
internal enum WeightGradientWay
{
    /// <summary>What each place of the window saw is cut out of the image, row by row.</summary>
    Cut,

    /// <summary>The cotangent is padded as the image is, and each place saw the image from a later number on.</summary>
    Shifted,

    /// <summary>As <see cref="Shifted"/>, but with rows as they are, and the cotangent masked where the image's rows end.</summary>
    Masked,
}
