namespace Iml4e.Assessment.Triggers;

/// <summary>
/// The signal realized_error_ratio: mean loss over the newest outcomes divided by a reference loss. Any loss will do: absolute error, 0-or-1, log loss.
/// </summary>
public static class PerformanceSignal
{
    /// <summary>A reference below this is taken as this, so that a model without any loss on its hold-out still shows a decay.</summary>
    public const double LeastReference = 1e-9;

    /// <summary>Reads the signal.</summary>
    /// <param name="losses">Losses, oldest first; the newest <paramref name="window"/> count. Values that are not finite are passed over.</param>
    /// <param name="window">Outcomes in the window, at least 1.</param>
    /// <param name="reference">The loss promised, zero or more.</param>
    /// <param name="minimum">Outcomes below which there is no signal; null for the whole window.</param>
    public static PerformanceReading Read(IReadOnlyList<double> losses, int window, double reference, int? minimum = null)
    {
        ArgumentNullException.ThrowIfNull(losses);
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);
        if (!(reference >= 0) || double.IsInfinity(reference))
            throw new ArgumentOutOfRangeException(nameof(reference), reference, "The reference loss must be a finite number, zero or more.");
        var count = 0;
        var mean = 0.0;
        for (var i = losses.Count - 1; i >= 0 && count < window; i--)
        {
            if (double.IsFinite(losses[i]))
                mean += (losses[i] - mean) / ++count;
        }
        if (count == 0)
            return new PerformanceReading(null, null, reference, 0);
        var enough = count >= Math.Clamp(minimum ?? window, 1, window);
        return new PerformanceReading(enough ? mean / Math.Max(reference, LeastReference) : null, mean, reference, count);
    }
}
