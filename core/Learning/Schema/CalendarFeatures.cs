namespace Iml4e.Learning;

/// <summary>What the calendar says of a moment (UTC), as features.</summary>
/// <remarks>
/// hour 0..23; day_of_week 0 = Monday .. 6 = Sunday; month 1..12; day_of_year 1..366; weekend 0 or 1; sine and cosine of the time of day (to the minute),
/// of the day of the week and of the day of the year (over the year's own length). The cyclic ones come from tables, not from a sine at run time:
/// a sine that differs in its last digit between a batch and a single row would send a row down another branch of a tree.
/// </remarks>
internal static class CalendarFeatures
{
    public static readonly IReadOnlyList<string> Names =
    [
        "hour", "day_of_week", "month", "day_of_year", "weekend",
        "hour_sin", "hour_cos", "day_of_week_sin", "day_of_week_cos", "day_of_year_sin", "day_of_year_cos",
    ];

    /// <summary>By minute of the day.</summary>
    public static readonly float[] HourSin = Table(Math.Sin, 1440), HourCos = Table(Math.Cos, 1440);

    /// <summary>By day of the week, Monday first.</summary>
    public static readonly float[] WeekSin = Table(Math.Sin, 7), WeekCos = Table(Math.Cos, 7);

    /// <summary>By day of the year from 0; the 365 of a common year, then the 366 of a leap year.</summary>
    public static readonly float[] YearSin = [.. Table(Math.Sin, 365), .. Table(Math.Sin, 366)], YearCos = [.. Table(Math.Cos, 365), .. Table(Math.Cos, 366)];

    /// <summary>Writes the features of one moment in the order of <see cref="Names"/>; all NaN when it is missing.</summary>
    public static void Write(long unixSeconds, Span<float> into)
    {
        if (unixSeconds == TimestampColumn.Missing)
        {
            into[..Names.Count].Fill(float.NaN);
            return;
        }
        var moment = DateTime.UnixEpoch.AddTicks(unixSeconds * TimeSpan.TicksPerSecond);
        var weekday = ((int)moment.DayOfWeek + 6) % 7;
        var minute = (moment.Hour * 60) + moment.Minute;
        var day = moment.DayOfYear - 1 + (DateTime.IsLeapYear(moment.Year) ? 365 : 0);
        into[0] = moment.Hour;
        into[1] = weekday;
        into[2] = moment.Month;
        into[3] = moment.DayOfYear;
        into[4] = weekday >= 5 ? 1 : 0;
        into[5] = HourSin[minute];
        into[6] = HourCos[minute];
        into[7] = WeekSin[weekday];
        into[8] = WeekCos[weekday];
        into[9] = YearSin[day];
        into[10] = YearCos[day];
    }

    private static float[] Table(Func<double, double> wave, int period)
    {
        var table = new float[period];
        for (var i = 0; i < period; i++)
            table[i] = (float)wave(2 * Math.PI * i / period);
        return table;
    }
}
