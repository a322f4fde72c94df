using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>
/// Count, mean and sum of squared deviations of a stream of numbers; immutable, so that a look can carry it into the audit log.
/// Updated by Welford's rule and merged by that of Chan, Golub and LeVeque (1979), never through sums of squares. <c>default</c> is the empty stream.
/// </summary>
/// <param name="Count">How many numbers, n.</param>
/// <param name="Mean">Their mean; 0 when there are none.</param>
/// <param name="M2">The sum of (x − mean)².</param>
public readonly record struct Moments(long Count, double Mean, double M2)
{
    /// <summary>The sample variance M2 / (n − 1); NaN below two numbers.</summary>
    [JsonIgnore]
    public double Variance => Count > 1 ? M2 / (Count - 1) : double.NaN;

    /// <summary>The moments after one more number, which must be finite (<see cref="ArgumentOutOfRangeException"/>).</summary>
    public Moments Add(double value)
    {
        if (!double.IsFinite(value))
            throw new ArgumentOutOfRangeException(nameof(value), value, "An outcome must be a finite number.");
        var n = Count + 1;
        var d = value - Mean;
        var mean = Mean + d / n;
        return new Moments(n, mean, M2 + d * (value - mean));
    }

    /// <summary>The moments of both streams together.</summary>
    public Moments Merge(Moments other)
    {
        if (Count == 0)
            return other;
        if (other.Count == 0)
            return this;
        var n = Count + other.Count;
        var d = other.Mean - Mean;
        return new Moments(n, Mean + d * other.Count / n, M2 + other.M2 + d * d * Count * other.Count / n);
    }

    /// <summary>The moments of the same stream with every sign turned, which makes a loss a gain.</summary>
    public Moments Negate() => new(Count, -Mean, M2);

    /// <summary>The moments of a sequence.</summary>
    public static Moments Of(IEnumerable<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var moments = default(Moments);
        foreach (var value in values)
            moments = moments.Add(value);
        return moments;
    }

    /// <summary>The moments of <paramref name="count"/> zero-or-one outcomes of which <paramref name="successes"/> are one.</summary>
    public static Moments OfBinary(long successes, long count)
    {
        if (count < 0 || successes < 0 || successes > count)
            throw new ArgumentOutOfRangeException(nameof(successes), successes, $"Successes must lie in 0..{count}.");
        if (count == 0)
            return default;
        var p = (double)successes / count;
        return new Moments(count, p, count * p * (1 - p));
    }
}
