namespace Iml4e.Assessment.Experiment;

/// <summary>Joint moments of numerator y and denominator x over units, for metrics that are a ratio of sums (several requests a unit).</summary>
/// <param name="Count">Units.</param>
/// <param name="MeanY">Mean numerator a unit.</param>
/// <param name="MeanX">Mean denominator a unit.</param>
/// <param name="M2Y">Σ(y − ȳ)².</param>
/// <param name="M2X">Σ(x − x̄)².</param>
/// <param name="CXY">Σ(x − x̄)(y − ȳ).</param>
public readonly record struct RatioMoments(long Count, double MeanY, double MeanX, double M2Y, double M2X, double CXY)
{
    /// <summary>The moments after one more unit.</summary>
    public RatioMoments Add(double y, double x)
    {
        if (!double.IsFinite(y) || !double.IsFinite(x))
            throw new ArgumentOutOfRangeException(nameof(y), "Numerator and denominator must be finite numbers.");
        var n = Count + 1;
        var dy = y - MeanY;
        var dx = x - MeanX;
        var meanY = MeanY + dy / n;
        var meanX = MeanX + dx / n;
        return new RatioMoments(n, meanY, meanX, M2Y + dy * (y - meanY), M2X + dx * (x - meanX), CXY + dx * (y - meanY));
    }

    /// <summary>The moments of both sets of units together.</summary>
    public RatioMoments Merge(RatioMoments other)
    {
        if (Count == 0)
            return other;
        if (other.Count == 0)
            return this;
        var n = Count + other.Count;
        var dy = other.MeanY - MeanY;
        var dx = other.MeanX - MeanX;
        var w = (double)Count * other.Count / n;
        return new RatioMoments(
            n, MeanY + dy * other.Count / n, MeanX + dx * other.Count / n,
            M2Y + other.M2Y + dy * dy * w, M2X + other.M2X + dx * dx * w, CXY + other.CXY + dx * dy * w);
    }
}
