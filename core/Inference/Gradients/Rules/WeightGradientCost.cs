namespace Iml4e.Inference.Gradients.Rules;

/// <summary>Which way to the cotangent of a convolution's weights is the cheapest for given shapes.</summary>
internal static class WeightGradientCost
{
    // In picoseconds, as measured: the start of a row that is cut out or padded, a number copied or masked, a product added up.
    private const double CutRow = 19_000, PaddedRow = 8_000, Copy = 400, Mask = 200, Add = 18;

    /// <summary>Chooses.</summary>
    /// <param name="x">The image [N, C, …].</param>
    /// <param name="g">The cotangent [N, K, …]; its spatial sizes are fixed.</param>
    /// <param name="weights">Shape of the weights [K, C, …].</param>
    /// <param name="window">The window.</param>
    /// <param name="joined">Whether one product is of all places, so that they share one cotangent.</param>
    internal static WeightGradientWay Least(Term x, Term g, long[] weights, Window window, bool joined)
    {
        if (window.IsStrided || !Array.TrueForAll(x.Shape[2..], e => e.IsFixed))
            return WeightGradientWay.Cut;
        var (filters, channels, axis) = ((double)weights[0], (double)weights[1], window.Count - 1);
        var places = weights[2..].Aggregate(1.0, (a, b) => a * b);
        double[] image = [.. x.Shape[2..].Select(e => (double)e.First)];
        double[] padded = [.. image.Select((s, i) => s + window.Pads[i] + window.Pads[window.Count + i])];
        var seen = g.Shape[2..].Aggregate(1.0, (a, e) => a * e.First);
        var wide = Product(padded);
        var pad = window.IsPadded ? channels * Pad(image, padded) : 0;

        var cut = pad + places * channels * (seen / g.Shape[^1].First * CutRow + seen * Copy);
        var shifted = pad + filters * (Pad([.. g.Shape[2..].Select(e => (double)e.First)], padded) + wide * Copy)
            + places * channels * (wide * Copy + (wide - seen) * filters * Add);
        var best = shifted < cut ? WeightGradientWay.Shifted : WeightGradientWay.Cut;
        if (joined || !IsMaskable(x, g, window))
            return best;

        var columns = (double)window.Kernel[axis];
        var flat = wide / padded[axis] * image[axis];
        var moved = Enumerable.Range(0, window.Count - 1).Any(i => window.Pads[i] + window.Pads[window.Count + i] > 0) ? channels + filters : filters;
        var masked = moved * (CutRow + flat * Copy) + (columns - 1) * filters * flat * Mask
            + (columns * filters + places / columns * channels) * flat * Copy + places * channels * (flat - seen) * filters * Add;
        return masked < Math.Min(cut, shifted) ? WeightGradientWay.Masked : best;
    }

    // The last axis keeps its size, and before and after the rows of zeros there is room for what is moved along it.
    private static bool IsMaskable(Term x, Term g, Window window)
    {
        var axis = window.Count - 1;
        return window.Count > 1 && x.Shape[^1].First == g.Shape[^1].First && window.Reach(axis - 1) > 2
            && Math.Max(window.Pads[axis], window.Pads[axis + window.Count]) < x.Shape[^1].First;
    }

    private static double Pad(double[] from, double[] to) => Product(from) / from[^1] * PaddedRow + Product(to) * Copy;

    private static double Product(double[] sizes) => sizes.Aggregate(1.0, (a, b) => a * b);
}
