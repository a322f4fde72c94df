using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Scores;

/// <summary>SSIM (Wang et al., 2004): Gaussian window 11 × 11 with σ 1.5, K1 = 0.01, K2 = 0.03, range 1; windows within the image only.</summary>
public static class StructuralSimilarity
{
    private const double C1 = 0.01 * 0.01;
    private const double C2 = 0.03 * 0.03;
    private const int Window = 11;
    private static readonly double[] Weights = Gaussian();

    /// <summary>The mean over all windows and channels; over the whole image where it is smaller than a window.</summary>
    public static double Of(ReadOnlySpan<float> a, ReadOnlySpan<float> b, ImageShape shape)
    {
        double sum = 0;
        for (var c = 0; c < shape.Channels; c++)
            sum += Plane(a.Slice(c * shape.Plane, shape.Plane), b.Slice(c * shape.Plane, shape.Plane), shape.Height, shape.Width);
        return sum / shape.Channels;
    }

    private static double Plane(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int height, int width)
    {
        if (height < Window || width < Window)
            return Whole(a, b);
        // The window is an outer product: five filtered planes, columns first.
        var (rows, columns) = (height - Window + 1, width - Window + 1);
        var columnSums = new double[5, width];
        double sum = 0;
        for (var y = 0; y < rows; y++)
        {
            Array.Clear(columnSums);
            for (var k = 0; k < Window; k++)
            {
                for (var x = 0; x < width; x++)
                {
                    double p = a[(y + k) * width + x], q = b[(y + k) * width + x];
                    columnSums[0, x] += Weights[k] * p;
                    columnSums[1, x] += Weights[k] * q;
                    columnSums[2, x] += Weights[k] * p * p;
                    columnSums[3, x] += Weights[k] * q * q;
                    columnSums[4, x] += Weights[k] * p * q;
                }
            }

            for (var x = 0; x < columns; x++)
            {
                double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
                for (var k = 0; k < Window; k++)
                {
                    ma += Weights[k] * columnSums[0, x + k];
                    mb += Weights[k] * columnSums[1, x + k];
                    aa += Weights[k] * columnSums[2, x + k];
                    bb += Weights[k] * columnSums[3, x + k];
                    ab += Weights[k] * columnSums[4, x + k];
                }

                sum += Index(ma, mb, aa - ma * ma, bb - mb * mb, ab - ma * mb);
            }
        }

        return sum / ((double)rows * columns);
    }

    private static double Whole(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
        for (var i = 0; i < a.Length; i++)
        {
            ma += a[i];
            mb += b[i];
            aa += (double)a[i] * a[i];
            bb += (double)b[i] * b[i];
            ab += (double)a[i] * b[i];
        }

        var n = a.Length;
        (ma, mb) = (ma / n, mb / n);
        return Index(ma, mb, aa / n - ma * ma, bb / n - mb * mb, ab / n - ma * mb);
    }

    private static double Index(double ma, double mb, double va, double vb, double cov) =>
        (2 * ma * mb + C1) * (2 * cov + C2) / ((ma * ma + mb * mb + C1) * (va + vb + C2));

    private static double[] Gaussian()
    {
        var weights = Enumerable.Range(0, Window).Select(i => Math.Exp(-Math.Pow(i - Window / 2, 2) / (2 * 1.5 * 1.5))).ToArray();
        var sum = weights.Sum();
        return Array.ConvertAll(weights, w => w / sum);
    }
}
