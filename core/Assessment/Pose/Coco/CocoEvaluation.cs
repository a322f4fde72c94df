using System.Globalization;

namespace Iml4e.Assessment.Pose.Coco;

/// <summary>Precision and recall of an evaluation, and the figures made of them. What nothing in the ground truth defines is -1.</summary>
public sealed class CocoEvaluation
{
    /// <summary>A figure that nothing defines.</summary>
    public const double Undefined = -1;

    /// <summary>A figure; null where it is <see cref="Undefined"/>.</summary>
    public static double? Defined(double figure) => figure > Undefined ? figure : null;

    private readonly double[] precision;
    private readonly double[] recall;

    internal CocoEvaluation(CocoMatches matches, CocoCounts counts)
    {
        (Options, Categories, Counts) = (matches.Options, matches.Categories, counts);
        precision = new double[Options.Thresholds.Count * Options.CurvePoints * Categories.Count * Options.Areas.Count];
        recall = new double[Options.Thresholds.Count * Categories.Count * Options.Areas.Count * Options.MaxDetections.Count];
        Array.Fill(precision, Undefined);
        Array.Fill(recall, Undefined);
    }

    /// <summary>The settings.</summary>
    public CocoEvaluationOptions Options { get; }

    /// <summary>The categories.</summary>
    public IReadOnlyList<CocoCategory> Categories { get; }

    /// <summary>What it was of.</summary>
    public CocoCounts Counts { get; }

    /// <summary>
    /// The benchmark's figures by name, in its order: AP, AP50, AP75 and the ranges of areas, then AR; for boxes by detections an image (AR1, AR10, AR100), for
    /// keypoints by threshold (AR, AR50, AR75).
    /// </summary>
    public IReadOnlyDictionary<string, double> Summary
    {
        get
        {
            var figures = new OrderedDictionary<string, double>(StringComparer.Ordinal)
            {
                ["AP"] = AveragePrecision(), ["AP50"] = AveragePrecision(threshold: 0.5), ["AP75"] = AveragePrecision(threshold: 0.75),
            };
            var sizes = Options.Areas.Skip(1).Select(a => a.Name).ToList();
            foreach (var area in sizes)
                figures["AP" + Short(area)] = AveragePrecision(area: area);
            if (Options.Kind == CocoEvaluationKind.Boxes)
            {
                foreach (var most in Options.MaxDetections)
                    figures["AR" + most.ToString(CultureInfo.InvariantCulture)] = AverageRecall(maxDetections: most);
            }
            else
            {
                (figures["AR"], figures["AR50"], figures["AR75"]) = (AverageRecall(), AverageRecall(threshold: 0.5), AverageRecall(threshold: 0.75));
            }

            foreach (var area in sizes)
                figures["AR" + Short(area)] = AverageRecall(area: area);
            return figures;

            static string Short(string area) => area is "small" or "medium" or "large" ? area[..1] : "-" + area;
        }
    }

    /// <summary>Mean precision over thresholds, recalls and categories, with the largest number of detections an image.</summary>
    /// <param name="threshold">One threshold alone; null = all.</param>
    /// <param name="area">A range of areas; null = the first.</param>
    /// <param name="category">One category alone, by id; null = all that the ground truth has annotations of.</param>
    /// <returns>0..1; -1 where nothing defines it.</returns>
    public double AveragePrecision(double? threshold = null, string? area = null, long? category = null)
    {
        var mean = default(Mean);
        foreach (var t in Thresholds(threshold))
        {
            foreach (var k in Places(category))
                mean.Add(Curve(t, k, Area(area)));
        }

        return mean.Value;
    }

    /// <summary>Mean of the highest recalls over thresholds and categories.</summary>
    /// <param name="threshold">One threshold alone; null = all.</param>
    /// <param name="area">A range of areas; null = the first.</param>
    /// <param name="category">One category alone, by id; null = all that the ground truth has annotations of.</param>
    /// <param name="maxDetections">Detections an image; null = the largest number.</param>
    /// <returns>0..1; -1 where nothing defines it.</returns>
    public double AverageRecall(double? threshold = null, string? area = null, long? category = null, int? maxDetections = null)
    {
        var mean = default(Mean);
        var m = maxDetections is { } most ? Place(Options.MaxDetections, most) : Options.MaxDetections.Count - 1;
        foreach (var t in Thresholds(threshold))
        {
            foreach (var k in Places(category))
            {
                if (m >= 0)
                    mean.Add([recall[RecallPlace(t, k, Area(area), m)]]);
            }
        }

        return mean.Value;
    }

    /// <summary>Precision at each recall point (or the area), one category and threshold; -1 everywhere when the ground truth has none.</summary>
    /// <param name="threshold">One of the thresholds.</param>
    /// <param name="category">Id of a category.</param>
    /// <param name="area">A range of areas; null = the first.</param>
    /// <exception cref="ArgumentException">There is no such threshold, category or range.</exception>
    public IReadOnlyList<double> PrecisionCurve(double threshold, long category, string? area = null)
    {
        var (t, k) = (Thresholds(threshold).DefaultIfEmpty(-1).Single(), Places(category).DefaultIfEmpty(-1).Single());
        if (t < 0 || k < 0)
            throw new ArgumentException($"There is no threshold {threshold} or no category {category}.", nameof(threshold));
        return Curve(t, k, Area(area)).ToArray();
    }

    /// <summary>Takes the precisions of a curve in.</summary>
    internal void SetPrecision(int threshold, int category, int area, double[] precisions) =>
        precisions.CopyTo(precision, CurvePlace(threshold, category, area));

    /// <summary>Takes the highest recall of a curve in.</summary>
    internal void SetRecall(int threshold, int category, int area, int most, double highest) =>
        recall[RecallPlace(threshold, category, area, most)] = highest;

    private static int Place<T>(IReadOnlyList<T> values, T value)
    {
        for (var i = 0; i < values.Count; i++)
        {
            if (EqualityComparer<T>.Default.Equals(values[i], value))
                return i;
        }

        return -1;
    }

    private ReadOnlySpan<double> Curve(int threshold, int category, int area) =>
        precision.AsSpan(CurvePlace(threshold, category, area), Options.CurvePoints);

    private int CurvePlace(int threshold, int category, int area) =>
        ((((threshold * Categories.Count) + category) * Options.Areas.Count) + area) * Options.CurvePoints;

    private int RecallPlace(int threshold, int category, int area, int most) =>
        ((((threshold * Categories.Count) + category) * Options.Areas.Count) + area) * Options.MaxDetections.Count + most;

    // None when there is no such threshold: the figure is undefined.
    private IEnumerable<int> Thresholds(double? threshold) => threshold is not { } one ? Enumerable.Range(0, Options.Thresholds.Count)
        : Place(Options.Thresholds, one) is var place and >= 0 ? [place] : [];

    private IEnumerable<int> Places(long? category) => category is not { } one ? Enumerable.Range(0, Categories.Count)
        : Place([.. Categories.Select(c => c.Id)], one) is var place and >= 0 ? [place] : [];

    private int Area(string? name) => name is null ? 0
        : Place([.. Options.Areas.Select(a => a.Name)], name) is var place and >= 0 ? place
        : throw new ArgumentException($"There is no range of areas '{name}'.", nameof(name));

    private struct Mean
    {
        private double sum;
        private long count;

        public readonly double Value => count == 0 ? Undefined : sum / count;

        public void Add(ReadOnlySpan<double> values)
        {
            foreach (var value in values)
            {
                if (!(value > Undefined))
                    continue;
                sum += value;
                count++;
            }
        }
    }
}
