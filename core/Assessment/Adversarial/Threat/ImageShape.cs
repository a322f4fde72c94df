namespace Iml4e.Assessment.Adversarial.Threat;

/// <summary>Shape of one image as an attack sees it: values in [0,1], channel by channel, row by row.</summary>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>Values in one image.</summary>
    public int Size => Channels * Height * Width;

    /// <summary>Values in one channel.</summary>
    public int Plane => Height * Width;
}
