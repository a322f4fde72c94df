namespace Iml4e.Assessment.Pose.Coco;

/// <summary>Precision over recall of one category and range of areas (COCO evaluation, <c>accumulate</c>).</summary>
internal sealed class CocoCurve
{
    private const double Epsilon = 2.220446049250313e-16;

    [ThreadStatic]
    private static (double[] Precisions, double[] Recalls) buffers;

    private readonly (int Cell, int Detection)[] ranked;
    private readonly ulong[] matched;
    private readonly ulong[] ignored;
    private readonly int[] images;
    private readonly int[] counted;

    /// <summary>Makes the curve of a ranking.</summary>
    public CocoCurve(CocoRanking ranking, int area)
    {
        ranked = ranking.Ranked;
        (matched, ignored) = (new ulong[ranked.Length], new ulong[ranked.Length]);
        for (var i = 0; i < ranked.Length; i++)
        {
            var cell = ranking.Cells[ranked[i].Cell];
            var place = (area * cell.Scores.Length) + ranked[i].Detection;
            (matched[i], ignored[i]) = (cell.Matched[place], cell.Ignored[place]);
        }

        images = [.. ranking.Cells.Select(c => c.Image)];
        counted = [.. ranking.Cells.Select(c => c.Counted[area])];
        Counted = counted.Sum(c => (long)c);
    }

    /// <summary>Annotations that count; without any there is no curve.</summary>
    public long Counted { get; }

    /// <summary>The curve at a threshold, over all images.</summary>
    /// <param name="threshold">Its place.</param>
    /// <param name="points">Recalls at which precision is wanted, ascending; none = the area under the envelope.</param>
    public (double[] Precision, double Recall) At(int threshold, IReadOnlyList<double> points) => Read(threshold, points, Counted, default);

    /// <summary>The curve at a threshold when only some of the annotations count.</summary>
    /// <param name="threshold">Its place.</param>
    /// <param name="points">Recalls at which precision is wanted, ascending.</param>
    /// <param name="counted">Annotations that count, 1 or more.</param>
    public (double[] Precision, double Recall) At(int threshold, IReadOnlyList<double> points, long counted) => Read(threshold, points, counted, default);

    /// <summary>The curve at a threshold over a sample of the images; null when nothing in it counts.</summary>
    /// <param name="threshold">Its place.</param>
    /// <param name="points">Recalls at which precision is wanted, ascending; none = the area under the envelope.</param>
    /// <param name="times">How often each image is in the sample.</param>
    public (double[] Precision, double Recall)? At(int threshold, IReadOnlyList<double> points, ReadOnlySpan<int> times)
    {
        long sampled = 0;
        for (var i = 0; i < counted.Length; i++)
            sampled += (long)counted[i] * times[images[i]];
        return sampled == 0 ? null : Read(threshold, points, sampled, times);
    }

    // An image that is in the sample twice gives each of its detections twice, one behind the other: precision is highest where the last of equals is
    // behind a hit, so that one step for all of them is the same curve.
    private (double[] Precision, double Recall) Read(int threshold, IReadOnlyList<double> points, long all, ReadOnlySpan<int> times)
    {
        var bit = 1UL << threshold;
        var (precisions, recalls) = Buffers(ranked.Length);
        long hits = 0, misses = 0;
        for (var i = 0; i < ranked.Length; i++)
        {
            if ((ignored[i] & bit) == 0)
            {
                var weight = times.IsEmpty ? 1 : times[images[ranked[i].Cell]];
                if ((matched[i] & bit) != 0)
                    hits += weight;
                else
                    misses += weight;
            }

            recalls[i] = (double)hits / all;
            precisions[i] = hits / (misses + hits + Epsilon);
        }

        for (var i = ranked.Length - 1; i > 0; i--)
            precisions[i - 1] = Math.Max(precisions[i - 1], precisions[i]);
        if (points.Count == 0)
            return ([Area(precisions.AsSpan(0, ranked.Length), recalls)], ranked.Length == 0 ? 0 : recalls[ranked.Length - 1]);
        var read = new double[points.Count];
        var at = 0;
        for (var r = 0; r < read.Length; r++)
        {
            while (at < ranked.Length && recalls[at] < points[r])
                at++;
            read[r] = at < ranked.Length ? precisions[at] : 0;
        }

        return (read, ranked.Length == 0 ? 0 : recalls[ranked.Length - 1]);
    }

    private static double Area(ReadOnlySpan<double> precisions, double[] recalls)
    {
        double area = 0, before = 0;
        for (var i = 0; i < precisions.Length; i++)
        {
            area += (recalls[i] - before) * precisions[i];
            before = recalls[i];
        }

        return area;
    }

    // Curves are read by the thousand, by several threads at once.
    private static (double[] Precisions, double[] Recalls) Buffers(int length)
    {
        if (buffers.Precisions is null || buffers.Precisions.Length < length)
            buffers = (new double[length], new double[length]);
        return buffers;
    }
}
