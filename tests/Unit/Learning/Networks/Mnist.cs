using System.Buffers.Binary;
using Iml4e.Learning.Networks;
using Iml4e.Tests.Unit.Inference;

namespace Iml4e.Tests.Unit.Learning.Networks;

/// <summary>The 10,000 test images of MNIST, as examples with pixels of 0 to 1.</summary>
internal static class Mnist
{
    private const int ImagesHeader = 16;
    private const int LabelsHeader = 8;
    private const int Side = 28;
    private static readonly Lazy<Examples> Loaded = new(Load);

    internal static Examples All => Loaded.Value;

    /// <summary>The images from a number on.</summary>
    internal static Examples Part(int start, int count) => All.Take([.. Enumerable.Range(start, count)]);

    private static Examples Load()
    {
        var (images, labels) = (SharedData.Gunzip("mnist", "t10k-images-idx3-ubyte.gz"), SharedData.Gunzip("mnist", "t10k-labels-idx1-ubyte.gz"));
        var count = BinaryPrimitives.ReadInt32BigEndian(images.AsSpan(4));
        var values = new float[count * Side * Side];
        for (var i = 0; i < values.Length; i++)
            values[i] = images[ImagesHeader + i] / 255f;
        return Examples.OfClasses(values, [1, Side, Side], [.. labels.Skip(LabelsHeader).Select(l => (long)l)], 10);
    }
}
