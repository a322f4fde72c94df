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

    private static ConfidenceInterval Interval(CocoMatches[] models, Func<double[], double> figure, int samples, int seed, double level)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(samples);
        if (!(level is > 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(level), level, "A confidence level lies between 0 and 1.");
        var curves = models.Select(Curves).ToArray();
        var images = models[0].Truth.Images.Count;
        var options = models[0].Options;
        if (images == 0)
            return new ConfidenceInterval(double.NaN, double.NaN, double.NaN);
        var whole = new int[images];
        Array.Fill(whole, 1);
        var estimate = Of(whole) ?? double.NaN;
        var values = new double?[samples];
        var random = new Random(seed);
        var drawn = 0;
        Parallel.For(0, samples, new ParallelOptions { MaxDegreeOfParallelism = options.Threads }, () => new int[images], (_, _, times) =>
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

            values[place] = Of(times);
            return times;
        }, _ => { });
        var sorted = values.OfType<double>().Order().ToArray();
        return new ConfidenceInterval(estimate, Quantile(sorted, (1 - level) / 2), Quantile(sorted, (1 + level) / 2));

        double? Of(int[] times)
        {
            var figures = new double[models.Length];
            for (var m = 0; m < models.Length; m++)
            {
                if (AveragePrecision(curves[m], models[m].Options, times) is not { } ap)
                    return null;
                figures[m] = ap;
            }

            return figure(figures);
        }
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

    // Between the two nearest, as numpy's default.
    private static double Quantile(double[] sorted, double share)
    {
        if (sorted.Length == 0)
            return double.NaN;
        var at = share * (sorted.Length - 1);
        var below = (int)Math.Floor(at);
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((at - below) * (sorted[above] - sorted[below]));
    }
}
