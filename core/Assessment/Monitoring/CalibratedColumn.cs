namespace Iml4e.Assessment.Monitoring;

/// <summary>
/// The drift of one column against a limit that the reference itself gives: the 0.99 quantile of the distance that its own windows of the same length have
/// from it, never below the effect floor (specification of monitoring, section 5). Small windows, autocorrelation and seasons raise the limit, so that noise
/// does not count as drift.
/// </summary>
/// <remarks>
/// Numbers are compared by the Wasserstein distance over the standard deviation of the reference, categories by the Jensen-Shannon distance. Windows overlap by
/// half; where there are fewer than 50, windows are put together of random blocks of max(24, ceil(3 / (1 - φ))) neighbours, φ the lag-1 autocorrelation.
/// </remarks>
public sealed class CalibratedColumn
{
    /// <summary>Values that a window needs to be judged.</summary>
    public const int LeastValues = 30;

    private const double Floor = 0.1;
    private const double Quantile = 0.99;
    private const int LeastWindows = 50;
    private const int MostWindows = 400;
    private const int BootstrapWindows = 200;
    private const int LeastBlock = 24;

    private readonly ColumnSample _original;
    private readonly ColumnSample _reference;
    private readonly double[] _sorted;
    private readonly double _deviation;

    private CalibratedColumn(ColumnSample reference)
    {
        _original = reference;
        _reference = ColumnSample.Typed(reference, reference).Reference;
        _sorted = _reference.Numbers is { } numbers ? [.. numbers.Order()] : [];
        _deviation = _sorted.Length == 0 ? 0 : DistributionDistance.Deviation(_sorted);
    }

    /// <summary>The column.</summary>
    public string Name => _original.Name;

    /// <summary>The limit.</summary>
    public double Threshold { get; private init; }

    /// <summary>Where the limit comes from.</summary>
    public string ThresholdSource { get; private init; } = "";

    /// <summary>Calibrates a column.</summary>
    /// <param name="reference">The reference in order of time, one value at least.</param>
    /// <param name="window">Values in the windows that will be tested, 30 or more.</param>
    /// <param name="seed">Seed of the random blocks.</param>
    public static CalibratedColumn Of(ColumnSample reference, int window, int seed = 1)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentOutOfRangeException.ThrowIfLessThan(reference.Count, 1, nameof(reference));
        ArgumentOutOfRangeException.ThrowIfLessThan(window, LeastValues);
        var column = new CalibratedColumn(reference);
        var stride = Math.Max(1, window / 2);
        var windows = reference.Count < window ? 0 : ((reference.Count - window) / stride) + 1;
        var bootstrap = windows < LeastWindows;
        var distances = bootstrap ? column.Bootstrap(window, new Random(seed)) : column.Slide(window, stride, windows);
        return new CalibratedColumn(reference)
        {
            Threshold = Math.Max(Floor, Type7(distances, Quantile)),
            ThresholdSource = bootstrap ? $"calibrated({distances.Length} bootstrap windows)" : $"calibrated({distances.Length} windows)",
        };
    }

    /// <summary>Tests a window; null when it has fewer than 30 values, or values of another kind.</summary>
    public ColumnDrift? Test(ColumnSample current)
    {
        (_, current) = ColumnSample.Typed(_original, current);
        if (current.Count < LeastValues || _reference.Numbers is null != current.Numbers is null)
            return null;
        var statistic = current.Numbers is null ? Distance([.. current.Categories!]) : Distance([.. current.Numbers]);
        return new ColumnDrift(
            Name, _reference.Numbers is null ? "jensenShannon" : "wasserstein", statistic, Threshold, statistic >= Threshold, ThresholdSource);
    }

    private double Distance(double[] window)
    {
        Array.Sort(window);
        return DistributionDistance.WassersteinNormed(_sorted, window, _deviation);
    }

    private double Distance(string[] window) => DistributionDistance.JensenShannon(CategoryCounts.Of(_reference.Categories!, window));

    private double[] Slide(int window, int stride, int windows)
    {
        // Of very many windows evenly spread ones say the same.
        var taken = Math.Min(windows, MostWindows);
        return Distances(taken, k => Enumerable.Range((int)((long)k * windows / taken) * stride, window));
    }

    private double[] Bootstrap(int window, Random random)
    {
        var block = Math.Min(_reference.Count, Math.Max(LeastBlock, (int)Math.Min(1e6, Math.Ceiling(3 / (1 - Math.Min(Autocorrelation(), 0.999))))));
        return Distances(BootstrapWindows, _ => Places());

        IEnumerable<int> Places()
        {
            for (var left = window; left > 0; left -= block)
            {
                var start = random.Next(_reference.Count - block + 1);
                for (var i = 0; i < Math.Min(block, left); i++)
                    yield return start + i;
            }
        }
    }

    private double[] Distances(int count, Func<int, IEnumerable<int>> places)
    {
        var distances = new double[count];
        for (var k = 0; k < count; k++)
        {
            distances[k] = _reference.Numbers is { } numbers
                ? Distance(places(k).Select(i => numbers[i]).ToArray())
                : Distance(places(k).Select(i => _reference.Categories![i]).ToArray());
        }

        return distances;
    }

    // Of categories: of the indicator of the most frequent one.
    private double Autocorrelation()
    {
        var values = _reference.Numbers ?? Indicator();
        var mean = values.Average();
        var (above, below) = (0.0, 0.0);
        for (var i = 0; i < values.Count; i++)
        {
            below += (values[i] - mean) * (values[i] - mean);
            if (i > 0)
                above += (values[i] - mean) * (values[i - 1] - mean);
        }

        return below > 0 ? Math.Max(0, above / below) : 0;
    }

    private IReadOnlyList<double> Indicator()
    {
        var most = _reference.Categories!.CountBy(c => c).MaxBy(c => c.Value).Key;
        return [.. _reference.Categories!.Select(c => c == most ? 1.0 : 0)];
    }

    private static double Type7(double[] values, double quantile)
    {
        Array.Sort(values);
        var place = (values.Length - 1) * quantile;
        var at = (int)place;
        return at + 1 < values.Length ? values[at] + ((place - at) * (values[at + 1] - values[at])) : values[at];
    }
}
