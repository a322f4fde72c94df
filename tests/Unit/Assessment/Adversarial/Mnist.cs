using System.Buffers.Binary;
using System.Globalization;
using Iml4e.Assessment.Adversarial.Attacks;
using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Tests.Unit.Inference;

namespace Iml4e.Tests.Unit.Assessment.Adversarial;

/// <summary>The 10,000 digits that may lie beside the repository.</summary>
internal static class Mnist
{
    internal static readonly ImageShape Shape = new(1, 28, 28);

    internal static (AttackBatch Batch, int[] Labels) Read(int first, int count)
    {
        var pixels = SharedData.Gunzip("mnist", "t10k-images-idx3-ubyte.gz");
        var labels = SharedData.Gunzip("mnist", "t10k-labels-idx1-ubyte.gz");
        Assert.Equal(10_000, BinaryPrimitives.ReadInt32BigEndian(pixels.AsSpan(4)));
        var images = new float[count * Shape.Size];
        for (var j = 0; j < images.Length; j++)
            images[j] = pixels[16 + first * Shape.Size + j] / 255f;
        ulong[] keys = [.. Enumerable.Range(first, count).Select(i => SampleRandom.Key(1, i.ToString(CultureInfo.InvariantCulture)))];
        return (new AttackBatch(Shape, images, keys), [.. Enumerable.Range(first, count).Select(i => (int)labels[8 + i])]);
    }
}
