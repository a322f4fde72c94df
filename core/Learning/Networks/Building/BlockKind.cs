namespace Iml4e.Learning.Networks;

/// <summary>What a stage of a convolutional network is made of.</summary>
public enum BlockKind
{
    /// <summary>One convolution.</summary>
    Plain,

    /// <summary>Two convolutions, normalised, beside a shortcut.</summary>
    Residual,

    /// <summary>A convolution of each channel by itself and one of all channels at a point, normalised.</summary>
    Depthwise,
}
