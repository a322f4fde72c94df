using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>Gaussian smoothing of gradients, which makes attacks independent of small shifts (Dong et al., 2019).</summary>
public sealed class GaussianKernel
{
    private readonly float[] _weights;

    /// <summary>Makes the kernel: the normal density at equal distances from -sigmas to sigmas, summing to 1 in each direction.</summary>
    /// <param name="length">Side, odd.</param>
    /// <param name="sigmas">Standard deviations from the centre to the edge; above 0.</param>
    public GaussianKernel(int length = 15, double sigmas = 3)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(length % 2, 1, nameof(length));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sigmas);
        var density = Enumerable.Range(0, length)
            .Select(i => length == 1 ? 1 : Math.Exp(-0.5 * Math.Pow(-sigmas + 2 * sigmas * i / (length - 1), 2))).ToArray();
        var sum = density.Sum();
        _weights = Array.ConvertAll(density, d => (float)(d / sum));
    }

    /// <summary>Side of the kernel.</summary>
    public int Length => _weights.Length;

    /// <summary>Weight at a place of the square.</summary>
    public double this[int row, int column] => (double)_weights[row] * _weights[column];

    /// <summary>Smooths each channel in place, zeros beyond the edges.</summary>
    internal void Smooth(Span<float> gradient, ImageShape shape)
    {
        var half = _weights.Length / 2;
        var rows = new float[shape.Plane];
        for (var c = 0; c < shape.Channels; c++)
        {
            // The square is an outer product: rows first, columns after.
            var plane = gradient.Slice(c * shape.Plane, shape.Plane);
            for (var y = 0; y < shape.Height; y++)
            {
                for (var x = 0; x < shape.Width; x++)
                {
                    var sum = 0f;
                    for (var k = Math.Max(0, half - x); k < _weights.Length && x + k - half < shape.Width; k++)
                        sum += _weights[k] * plane[y * shape.Width + x + k - half];
                    rows[y * shape.Width + x] = sum;
                }
            }

            for (var y = 0; y < shape.Height; y++)
            {
                for (var x = 0; x < shape.Width; x++)
                {
                    var sum = 0f;
                    for (var k = Math.Max(0, half - y); k < _weights.Length && y + k - half < shape.Height; k++)
                        sum += _weights[k] * rows[(y + k - half) * shape.Width + x];
                    plane[y * shape.Width + x] = sum;
                }
            }
        }
    }
}
