namespace Iml4e.Assessment.Experiment;

/// <summary>Caps for continuous outcomes, taken from reference outcomes when an experiment starts and frozen from then on.</summary>
/// <param name="Low">Outcomes below are taken as this.</param>
/// <param name="High">Outcomes above are taken as this.</param>
public sealed record WinsorCaps(double Low, double High)
{
    /// <summary>The capped outcome.</summary>
    public double Apply(double outcome) => Math.Clamp(outcome, Low, High);

    /// <summary>Caps at two quantiles of the reference, interpolated linearly between order statistics (type 7).</summary>
    /// <param name="reference">Outcomes of the champion before the experiment.</param>
    /// <param name="quantiles">Two ascending quantiles, or none.</param>
    /// <returns>Null (no caps) without quantiles or with fewer than 100 finite reference outcomes.</returns>
    public static WinsorCaps? Of(IEnumerable<double> reference, IReadOnlyList<double> quantiles)
    {
        ArgumentNullException.ThrowIfNull(reference);
        if (quantiles is not { Count: 2 })
            return null;
        var sorted = reference.Where(double.IsFinite).Order().ToArray();
        return sorted.Length < 100 ? null : new WinsorCaps(Quantile(sorted, quantiles[0]), Quantile(sorted, quantiles[1]));
    }

    private static double Quantile(double[] sorted, double q)
    {
        var place = q * (sorted.Length - 1);
        var below = (int)Math.Floor(place);
        return below + 1 >= sorted.Length ? sorted[^1] : sorted[below] + (place - below) * (sorted[below + 1] - sorted[below]);
    }
}
