namespace Iml4e.CommandLine.Simulation;

/// <summary>When a zone is in use, as the booking calendar has it: trapezoids on weekdays, a share of them at weekends.</summary>
/// <param name="OpensHour">Hour at which the first people come, by the building clock (UTC + 2), 0 to 24.</param>
/// <param name="ClosesHour">Hour at which the last people leave.</param>
/// <param name="WeekendShare">Occupancy at weekends as a share of a weekday's, 0 to 1.</param>
internal sealed record OccupancySchedule(double OpensHour, double ClosesHour, double WeekendShare)
{
    private const double RampHours = 2;

    /// <summary>Hours between UTC and the building's clock; it keeps winter time all year.</summary>
    public const int ClockOffsetHours = 2;

    /// <summary>Share of the zone's people that are expected in the hour, 0 to 1.</summary>
    /// <param name="utc">Start of the hour, UTC.</param>
    public double Expected(DateTime utc)
    {
        var local = utc.AddHours(ClockOffsetHours);
        var middle = local.Hour + 0.5;
        var ramp = Math.Min((middle - OpensHour) / RampHours, (ClosesHour - middle) / RampHours);
        var share = Math.Clamp(ramp, 0, 1);
        return local.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? share * WeekendShare : share;
    }

    /// <summary>Temperature that the thermostat holds: comfort from two hours before opening to closing on days in use, set back otherwise, °C.</summary>
    public double SetpointCelsius(DateTime utc, double comfortCelsius, double setbackCelsius)
    {
        var local = utc.AddHours(ClockOffsetHours);
        if (WeekendShare <= 0 && local.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday)
            return setbackCelsius;
        return local.Hour >= OpensHour - 2 && local.Hour < ClosesHour ? comfortCelsius : setbackCelsius;
    }
}
