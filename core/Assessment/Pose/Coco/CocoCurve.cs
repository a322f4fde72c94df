namespace Iml4e.Assessment.Pose.Coco;

/// <summary>Precision over recall of one category and range of areas (COCO evaluation, <c>accumulate</c>).</summary>
internal sealed class CocoCurve
{
    private const double Epsilon = 2.220446049250313e-16;

    [ThreadStatic]
    private static (double[] Precisions, double[] Recalls) buffers;

    private readonly CocoRanking ranking;
    private readonly CocoBits bits;
    private readonly int[] counted;

    // By threshold: place of the image and, as the last bit, whether it is a hit, of each detection that counts. Samples are read off it by the thousand.
    private int[]?[]? steps;

    /// <summary>Makes the curve of a ranking.</summary>
    /// <param name="ranking">The detections.</param>
    /// <param name="area">Place of the range of areas.</param>
    /// <param name="room">Where bits are kept as long as the curve is used; null = in room of its own.</param>
    public CocoCurve(CocoRanking ranking, int area, CocoBits? room = null)
    {
        (this.ranking, bits) = (ranking, room ?? new CocoBits());
        bits.Fit(Detections);
        for (var i = 0; i < Detections; i++)
        {
            var cell = ranking.Cells[ranking.CellOf[i]];
            var place = (area * cell.Scores.Length) + ranking.DetectionOf[i];
            (bits.Matched[i], bits.Ignored[i]) = (cell.Matched[place], cell.Ignored[place]);
        }

        counted = new int[ranking.Cells.Length];
        for (var i = 0; i < counted.Length; i++)
            Counted += counted[i] = ranking.Cells[i].Counted[area];
    }

    /// <summary>Annotations that count; without any there is no curve.</summary>
    public long Counted { get; }

    private int Detections => ranking.CellOf.Length;

    /// <summary>The curve at a threshold, over all images.</summary>
    /// <param name="threshold">Its place.</param>
    /// <param name="points">Recalls at which precision is wanted, ascending; none = the area under the envelope.</param>
    public (double[] Precision, double Recall) At(int threshold, IReadOnlyList<double> points) => At(threshold, points, Counted);

    /// <summary>The curve at a threshold when only some of the annotations count.</summary>
    /// <param name="threshold">Its place.</param>
    /// <param name="points">Recalls at which precision is wanted, ascending.</param>
    /// <param name="counted">Annotations that count, 1 or more.</param>
    public (double[] Precision, double Recall) At(int threshold, IReadOnlyList<double> points, long counted)
    {
        var bit = 1UL << threshold;
        var (matched, ignored) = (bits.Matched, bits.Ignored);
        var line = new Line(counted, Most(Detections));
        for (var i = 0; i < Detections; i++)
        {
            if ((ignored[i] & bit) == 0)
                line.Add((matched[i] & bit) != 0, 1);
        }

        return line.Read(points);
    }

    /// <summary>The highest recall at a threshold when an image has fewer detections than were ranked.</summary>
    /// <param name="threshold">Its place.</param>
    /// <param name="most">Detections an image.</param>
    public double Recall(int threshold, int most)
    {
        var bit = 1UL << threshold;
        long hits = 0;
        for (var i = 0; i < Detections; i++)
            hits += (bits.Matched[i] & ~bits.Ignored[i] & bit) != 0 && ranking.DetectionOf[i] < most ? 1 : 0;
        return (double)hits / Counted;
    }

    /// <summary>The curve at a threshold over a sample of the images; null when nothing in it counts.</summary>
    /// <param name="threshold">Its place.</param>
    /// <param name="points">Recalls at which precision is wanted, ascending; none = the area under the envelope.</param>
    /// <param name="times">How often each image is in the sample.</param>
    public (double[] Precision, double Recall)? At(int threshold, IReadOnlyList<double> points, ReadOnlySpan<int> times)
    {
        long sampled = 0;
        for (var i = 0; i < counted.Length; i++)
            sampled += (long)counted[i] * times[ranking.Cells[i].Image];
        if (sampled == 0)
            return null;
        var taken = (steps ??= new int[CocoEvaluationOptions.MostThresholds][])[threshold] ??= Steps(1UL << threshold);
        var line = new Line(sampled, Most(taken.Length));
        foreach (var step in taken)
            line.Add((step & 1) != 0, times[step >> 1]);
        return line.Read(points);
    }

    // An annotation that counts is a hit of one detection only.
    private int Most(int detections) => (int)Math.Min(Counted, detections);

    private int[] Steps(ulong bit)
    {
        var count = 0;
        for (var i = 0; i < Detections; i++)
            count += (bits.Ignored[i] & bit) == 0 ? 1 : 0;
        var taken = new int[count];
        for (int i = 0, at = 0; i < Detections; i++)
        {
            if ((bits.Ignored[i] & bit) == 0)
                taken[at++] = (ranking.Cells[ranking.CellOf[i]].Image << 1) | ((bits.Matched[i] & bit) != 0 ? 1 : 0);
        }

        return taken;
    }

    private static double Area(ReadOnlySpan<double> precisions, ReadOnlySpan<double> recalls)
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

    // An image that is in the sample twice gives each of its detections twice, one behind the other: precision is highest where the last of equals is
    // behind a hit, so that one step for all of them is the same curve. Between hits recall stays and precision falls, so that hits are all that is kept.
    private ref struct Line
    {
        private readonly long all;
        private readonly Span<double> precisions;
        private readonly Span<double> recalls;
        private long hits;
        private long misses;
        private int count;

        public Line(long counted, int most)
        {
            all = counted;
            var (first, second) = Buffers(most);
            precisions = first;
            recalls = second;
        }

        public void Add(bool isHit, int weight)
        {
            if (!isHit)
            {
                misses += weight;
            }
            else if (weight > 0)
            {
                hits += weight;
                recalls[count] = (double)hits / all;
                precisions[count++] = hits / (misses + hits + Epsilon);
            }
        }

        public readonly (double[] Precision, double Recall) Read(IReadOnlyList<double> points)
        {
            var recall = (double)hits / all;
            for (var i = count - 1; i > 0; i--)
                precisions[i - 1] = Math.Max(precisions[i - 1], precisions[i]);
            if (points.Count == 0)
                return ([Area(precisions[..count], recalls)], recall);
            var read = new double[points.Count];
            var at = 0;
            for (var r = 0; r < read.Length; r++)
            {
                while (at < count && recalls[at] < points[r])
                    at++;
                read[r] = at < count ? precisions[at] : 0;
            }

            return (read, recall);
        }
    }
}
