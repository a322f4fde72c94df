namespace Iml4e.Assessment.Experiment;

/// <summary>Ratio of two sums over units and its variance by the delta method (Deng, Knoblich and Lu, 2018).</summary>
public static class DeltaMethod
{
    /// <summary>R = ΣY/ΣX and Var(R) = (s_Y² − 2R·s_XY + R²·s_X²)/(n·X̄²), sample covariances with n − 1.</summary>
    /// <returns>NaN where fewer than two units or a zero denominator leave it undefined.</returns>
    public static (double Ratio, double Variance) Ratio(RatioMoments units)
    {
        if (units.Count < 2 || units.MeanX == 0)
            return (double.NaN, double.NaN);
        var r = units.MeanY / units.MeanX;
        var spread = (units.M2Y - 2 * r * units.CXY + r * r * units.M2X) / (units.Count - 1);
        return (r, Math.Max(0, spread) / (units.Count * units.MeanX * units.MeanX));
    }

    /// <summary>The moments of a mean that has the ratio's value and variance, so that a ratio metric goes through the same tests as any other.</summary>
    /// <returns>The empty moments where the ratio is undefined.</returns>
    public static Moments AsMoments(RatioMoments units)
    {
        var (ratio, variance) = Ratio(units);
        return double.IsFinite(ratio) ? new Moments(units.Count, ratio, variance * units.Count * (units.Count - 1)) : default;
    }
}
