using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using Iml4e.Assessment.Adversarial.Attacks;
using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Learning.Networks;

namespace Iml4e.Benchmarks.Adversarial;

/// <summary>The 10,000 digits of MNIST's test part.</summary>
internal sealed class DigitSet
{
    internal static readonly ImageShape Shape = new(1, 28, 28);
    private readonly byte[] _pixels;
    private readonly byte[] _labels;

    internal DigitSet(string folder)
    {
        _pixels = Gunzip(Path.Combine(folder, "mnist", "t10k-images-idx3-ubyte.gz"));
        _labels = Gunzip(Path.Combine(folder, "mnist", "t10k-labels-idx1-ubyte.gz"));
        if (BinaryPrimitives.ReadInt32BigEndian(_pixels.AsSpan(4)) != 10_000)
            throw new InvalidOperationException("mnist holds no 10,000 digits");
    }

    internal (AttackBatch Batch, int[] Labels) Batch(int first, int count) => (
        new AttackBatch(Shape, Values(first, count), [.. Enumerable.Range(first, count).Select(i => SampleRandom.Key(1,
            i.ToString(CultureInfo.InvariantCulture)))]),
        [.. Enumerable.Range(first, count).Select(i => (int)_labels[8 + i])]);

    internal Examples Examples(int first, int count, params long[] shape) =>
        Learning.Networks.Examples.OfClasses(Values(first, count), shape, [.. Enumerable.Range(first, count).Select(i => (long)_labels[8 + i])], 10);

    private float[] Values(int first, int count)
    {
        var values = new float[count * Shape.Size];
        for (var j = 0; j < values.Length; j++)
            values[j] = _pixels[16 + first * Shape.Size + j] / 255f;
        return values;
    }

    private static byte[] Gunzip(string path)
    {
        using var gzip = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var result = new MemoryStream();
        gzip.CopyTo(result);
        return result.ToArray();
    }
}
