using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>The orthonormal cosine waves (DCT-II) of an image, each on one channel.</summary>
internal sealed class CosineBasis(ImageShape shape)
{
    private readonly float[][] _rows = Waves(shape.Height);
    private readonly float[][] _columns = Waves(shape.Width);

    /// <summary>Adds a wave.</summary>
    /// <param name="image">The image.</param>
    /// <param name="wave">Its number: (channel · height + row frequency) · width + column frequency.</param>
    /// <param name="length">Length of what is added.</param>
    /// <param name="mask">Factor of each value; null = 1.</param>
    internal void Add(Span<float> image, int wave, float length, float[]? mask)
    {
        var (down, across) = (_rows[wave / shape.Width % shape.Height], _columns[wave % shape.Width]);
        var offset = wave / shape.Plane * shape.Plane;
        for (var y = 0; y < shape.Height; y++)
        {
            for (var x = 0; x < shape.Width; x++)
            {
                var at = offset + y * shape.Width + x;
                image[at] += length * down[y] * across[x] * (mask?[at] ?? 1);
            }
        }
    }

    private static float[][] Waves(int size) =>
    [
        .. Enumerable.Range(0, size).Select(k => Enumerable.Range(0, size)
            .Select(n => (float)(Math.Sqrt((k == 0 ? 1.0 : 2.0) / size) * Math.Cos(Math.PI * (n + 0.5) * k / size))).ToArray()),
    ];
}
