using System.Diagnostics;

namespace Iml4e.Benchmarks;

/// <summary>Measured values of one quantity.</summary>
internal sealed class Sample
{
    private readonly List<double> _values = [];
    private bool _sorted = true;

    /// <summary>Number of values.</summary>
    public int Count => _values.Count;

    /// <summary>Smallest value.</summary>
    public double Min => Sorted()[0];

    /// <summary>Largest value.</summary>
    public double Max => Sorted()[^1];

    /// <summary>The value in the middle; of an even number the mean of the middle two.</summary>
    public double Median
    {
        get
        {
            var sorted = Sorted();
            return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
        }
    }

    /// <summary>The values, in no order that matters.</summary>
    public IReadOnlyList<double> Values => _values;

    /// <summary>Milliseconds that an act takes, so many times, after a quarter as many that do not count.</summary>
    public static Sample Of(Action act, int times)
    {
        var sample = new Sample();
        for (var i = -times / 4; i < times; i++)
        {
            var started = Stopwatch.GetTimestamp();
            act();
            if (i >= 0)
                sample.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        return sample;
    }

    /// <summary>Adds a value.</summary>
    public void Add(double value)
    {
        _values.Add(value);
        _sorted = false;
    }

    /// <summary>Adds values.</summary>
    public void AddRange(IEnumerable<double> values)
    {
        _values.AddRange(values);
        _sorted = false;
    }

    /// <summary>The nearest-rank quantile: a value that occurred; null when there are too few values for it (fewer than 10 / (1 - q)).</summary>
    /// <param name="q">0..1.</param>
    public double? Quantile(double q) =>
        Count < 10 / (1 - q) ? null : Sorted()[Math.Max(0, (int)Math.Ceiling(q * Count) - 1)];

    private List<double> Sorted()
    {
        if (Count == 0)
            throw new InvalidOperationException("Nothing was measured.");
        if (!_sorted)
            _values.Sort();
        _sorted = true;
        return _values;
    }
}
