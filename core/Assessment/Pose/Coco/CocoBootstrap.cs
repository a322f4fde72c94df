namespace Iml4e.Assessment.Pose.Coco;

/// <summary>
/// Percentile bootstrap over images of average precision (first range of areas, all thresholds and categories): images are drawn with replacement, and the
/// figure is put together of what was matched in them. Differences are paired: both models see the same images in each sample.
/// </summary>
public static class CocoBootstrap
{
    /// <summary>Samples that are drawn unless it is said otherwise.</summary>
    public const int DefaultSamples = 1000;

    /// <summary>The interval of one model's average precision.</summary>
    /// <param name="matches">The model's detections.</param>
    /// <param name="samples">Samples, 1 or more.</param>
    /// <param name="seed">Equal seeds give equal intervals.</param>
    /// <param name="level">Confidence level, in (0, 1).</param>
    /// <returns>All NaN when no sample has anything that counts.</returns>
    public static ConfidenceInterval AveragePrecision(CocoMatches matches, int samples = DefaultSamples, int seed = 1, double level = 0.95)
    {
        ArgumentNullException.ThrowIfNull(matches);
        return Interval([matches], figures => figures[0], samples, seed, level);
    }

    /// <summary>The interval of the difference of two models' average precisions, second less first.</summary>
    /// <param name="first">Detections on a ground truth.</param>
    /// <param name="second">Detections on the same ground truth with the same settings.</param>
    /// <param name="samples">Samples, 1 or more.</param>
    /// <param name="seed">Equal seeds give equal intervals.</param>
    /// <param name="level">Confidence level, in (0, 1).</param>
    /// <returns>All NaN when no sample has anything that counts.</returns>
    /// <exception cref="ArgumentException">The two are not of the same ground truth.</exception>
    public static ConfidenceInterval Difference(CocoMatches first, CocoMatches second, int samples = DefaultSamples, int seed = 1, double level = 0.95)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (!ReferenceEquals(first.Truth, second.Truth))
            throw new ArgumentException("The two must be of the same ground truth.", nameof(second));
        return Interval([first, second], figures => figures[1] - figures[0], samples, seed, level);
    }

    /// <summary>The average precision of some models in each sample, the same images for all.</summary>
    /// <param name="models">Detections on one ground truth with the same settings, a model each; one or more.</param>
    /// <param name="samples">Samples, 1 or more.</param>
    /// <param name="seed">Equal seeds give equal samples.</param>
    /// <returns>By sample and model; samples without anything that counts are left out.</returns>
    internal static IReadOnlyList<double[]> Figures(IReadOnlyList<CocoMatches> models, int samples, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(samples);
        var curves = models.Select(Curves).ToArray();
        var options = models[0].Options;
        var images = models[0].Truth.Images.Count;
        var figures = new double[]?[samples];
        var random = new Random(seed);
        var drawn = 0;
        Parallel.For(0, images == 0 ? 0 : samples, new ParallelOptions { MaxDegreeOfParallelism = options.Threads }, () => new int[images], (_, _, times) =>
        {
            // The samples are drawn in turn, so that they are the same whoever reckons which of them.
            int place;
            lock (random)
            {
                place = drawn++;
                Array.Clear(times);
                for (var i = 0; i < images; i++)
                    times[random.Next(images)]++;
            }

            figures[place] = Of(curves, options, times);
            return times;
        }, _ => { });
        return [.. figures.OfType<double[]>()];
    }

    /// <summary>A quantile between the two nearest values, as numpy's default; NaN of none.</summary>
    internal static double Quantile(double[] sorted, double share)
    {
        if (sorted.Length == 0)
            return double.NaN;
        var at = share * (sorted.Length - 1);
        var below = (int)Math.Floor(at);
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((at - below) * (sorted[above] - sorted[below]));
    }

    private static ConfidenceInterval Interval(CocoMatches[] models, Func<double[], double> figure, int samples, int seed, double level)
    {
        if (!(level is > 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(level), level, "A confidence level lies between 0 and 1.");
        var whole = new int[models[0].Truth.Images.Count];
        Array.Fill(whole, 1);
        var estimate = Of([.. models.Select(Curves)], models[0].Options, whole) is { } all ? figure(all) : double.NaN;
        var sorted = Figures(models, samples, seed).Select(figure).Order().ToArray();
        return new ConfidenceInterval(estimate, Quantile(sorted, (1 - level) / 2), Quantile(sorted, (1 + level) / 2));
    }

    // Of each model; null when nothing in the sample counts.
    private static double[]? Of(CocoCurve[][] curves, CocoEvaluationOptions options, int[] times)
    {
        var figures = new double[curves.Length];
        for (var m = 0; m < figures.Length; m++)
        {
            if (AveragePrecision(curves[m], options, times) is not { } ap)
                return null;
            figures[m] = ap;
        }

        return figures;
    }

    private static CocoCurve[] Curves(CocoMatches matches) =>
        [.. matches.ByCategory().Select(cells => new CocoCurve(new CocoRanking(cells, matches.Options.MaxDetections[^1]), 0)).Where(c => c.Counted > 0)];

    private static double? AveragePrecision(CocoCurve[] curves, CocoEvaluationOptions options, int[] times)
    {
        double sum = 0;
        long count = 0;
        foreach (var curve in curves)
        {
            for (var t = 0; t < options.Thresholds.Count; t++)
            {
                if (curve.At(t, options.RecallPoints, times) is not var (precision, _))
                    break;
                foreach (var value in precision)
                    sum += value;
                count += precision.Length;
            }
        }

        return count == 0 ? null : sum / count;
    }
}
