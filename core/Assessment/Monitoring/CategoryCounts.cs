namespace Iml4e.Assessment.Monitoring;

/// <summary>How often each bin or category came in two samples, in one order.</summary>
/// <param name="Reference">Counts in the reference.</param>
/// <param name="Current">Counts in the current sample.</param>
public sealed record CategoryCounts(double[] Reference, double[] Current)
{
    private const int MostDistinctForBins = 20;

    /// <summary>Number of bins or categories.</summary>
    public int Length => Reference.Length;

    /// <summary>Counts categories; those of either sample, in ordinal order.</summary>
    public static CategoryCounts Of(IEnumerable<string> reference, IEnumerable<string> current)
    {
        var counts = new SortedDictionary<string, (double Reference, double Current)>(StringComparer.Ordinal);
        foreach (var value in reference)
            counts[value] = counts.TryGetValue(value, out var known) ? (known.Reference + 1, known.Current) : (1, 0);
        foreach (var value in current)
            counts[value] = counts.TryGetValue(value, out var known) ? (known.Reference, known.Current + 1) : (0, 1);
        return new CategoryCounts([.. counts.Values.Select(v => v.Reference)], [.. counts.Values.Select(v => v.Current)]);
    }

    /// <summary>
    /// Counts numbers: in equal widths over the range of both samples, ceil(log2(n + m) + 1) of them (Sturges), when the reference has more than 20 distinct
    /// values; else a bin for each distinct value.
    /// </summary>
    public static CategoryCounts Of(IReadOnlyCollection<double> reference, IReadOnlyCollection<double> current) =>
        reference.Distinct().Take(MostDistinctForBins + 1).Count() > MostDistinctForBins
            ? Binned(reference, current, Sturges(reference.Count + current.Count))
            : Distinct(reference, current);

    /// <summary>Counts numbers in equal widths, their number by Sturges on the distinct values of both samples, as Hellinger's distance wants it.</summary>
    public static CategoryCounts OfDistinctSturges(IReadOnlyCollection<double> reference, IReadOnlyCollection<double> current) =>
        Binned(reference, current, Sturges(reference.Concat(current).Distinct().Count()));

    private static int Sturges(int count) => (int)Math.Ceiling(Math.Log2(count) + 1);

    private static CategoryCounts Distinct(IReadOnlyCollection<double> reference, IReadOnlyCollection<double> current)
    {
        var values = reference.Concat(current).Distinct().Order().ToArray();
        return new CategoryCounts(Count(reference), Count(current));

        double[] Count(IEnumerable<double> sample)
        {
            var counts = new double[values.Length];
            foreach (var value in sample)
                counts[Array.BinarySearch(values, value)]++;
            return counts;
        }
    }

    private static CategoryCounts Binned(IReadOnlyCollection<double> reference, IReadOnlyCollection<double> current, int bins)
    {
        var (low, high) = (Math.Min(reference.Min(), current.Min()), Math.Max(reference.Max(), current.Max()));
        if (high <= low)
            return new CategoryCounts([reference.Count], [current.Count]);
        var edges = new double[bins + 1];
        for (var i = 0; i <= bins; i++)
            edges[i] = i == bins ? high : low + ((high - low) * i / bins);
        return new CategoryCounts(Count(reference), Count(current));

        double[] Count(IEnumerable<double> sample)
        {
            var counts = new double[bins];
            foreach (var value in sample)
            {
                // The quotient may fall a hair to the wrong side of an edge; the edges decide.
                var bin = Math.Clamp((int)((value - low) / (high - low) * bins), 0, bins - 1);
                while (bin > 0 && value < edges[bin])
                    bin--;
                while (bin < bins - 1 && value >= edges[bin + 1])
                    bin++;
                counts[bin]++;
            }

            return counts;
        }
    }
}
