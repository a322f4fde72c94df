using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>Images to attack together; what comes of each does not depend on the others.</summary>
/// <param name="Shape">Shape of each image.</param>
/// <param name="Clean">All images one after another.</param>
/// <param name="Keys">Random key of each image, see <see cref="SampleRandom.Key"/>.</param>
public sealed record AttackBatch(ImageShape Shape, float[] Clean, ulong[] Keys)
{
    /// <summary>Factor of each value's change in all images: 0 leaves it alone; null = 1 everywhere.</summary>
    public float[]? Mask { get; init; }

    /// <summary>Number of images.</summary>
    public int Count => Keys.Length;

    /// <summary>Values in one image.</summary>
    public int Size => Shape.Size;

    /// <summary>One clean image.</summary>
    public ReadOnlySpan<float> Image(int sample) => Clean.AsSpan(sample * Size, Size);
}
