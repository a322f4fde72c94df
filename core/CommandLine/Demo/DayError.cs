namespace Iml4e.CommandLine.Demo;

/// <summary>Sum of absolute errors over zone-hours.</summary>
/// <param name="AbsoluteKilowattHours">Sum of |predicted − read|, kWh.</param>
/// <param name="ZoneHours">Number of zone-hours.</param>
internal sealed record DayError(double AbsoluteKilowattHours, int ZoneHours)
{
    /// <summary>The error of two sets of zone-hours together.</summary>
    public static DayError operator +(DayError a, DayError b) => new(a.AbsoluteKilowattHours + b.AbsoluteKilowattHours, a.ZoneHours + b.ZoneHours);

    /// <summary>Mean absolute error over days from one up to, not including, another, kWh a zone and hour; null when there is nothing to average.</summary>
    public static double? Mean(IReadOnlyDictionary<int, DayError> days, int from, int to)
    {
        var sum = new DayError(0, 0);
        for (var day = from; day < to; day++)
        {
            if (days.TryGetValue(day, out var error))
                sum += error;
        }
        return sum.ZoneHours == 0 ? null : sum.AbsoluteKilowattHours / sum.ZoneHours;
    }
}
