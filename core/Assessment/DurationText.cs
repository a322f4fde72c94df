using System.Globalization;

namespace Iml4e.Assessment;

/// <summary>Durations as people write them: "500ms", "90s", "10m", "6h", "7d", "1.5h", "hh:mm:ss" or "d.hh:mm:ss"; never negative.</summary>
public static class DurationText
{
    /// <summary>The longest duration that is accepted, ten years.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(3653);

    /// <summary>Characters at most.</summary>
    public const int LongestText = 32;

    private static readonly string[] ClockFormats =
        [@"h\:mm\:ss", @"d\.hh\:mm\:ss", @"h\:mm\:ss\.FFFFFFF", @"d\.hh\:mm\:ss\.FFFFFFF"];

    /// <summary>What a message says was expected.</summary>
    public const string Expected = "a duration such as \"90s\", \"10m\", \"6h\", \"7d\", \"hh:mm:ss\" or \"d.hh:mm:ss\"";

    /// <summary>Reads a duration, or throws <see cref="FormatException"/> that says what was expected.</summary>
    public static TimeSpan Parse(string? text) =>
        TryParse(text, out var value) ? value : throw new FormatException($"'{Shorten(text)}' is not {Expected}.");

    /// <summary>Reads a duration; false when the text is none, is negative, or is longer than <see cref="Longest"/>.</summary>
    public static bool TryParse(string? text, out TimeSpan value)
    {
        value = default;
        if (string.IsNullOrEmpty(text) || text.Length > LongestText)
            return false;
        if (text.Contains(':'))
            return TimeSpan.TryParseExact(text, ClockFormats, CultureInfo.InvariantCulture, out value) && value >= TimeSpan.Zero && value <= Longest;
        var (unit, ticks) = text switch
        {
            [.., 'm', 's'] => (2, TimeSpan.TicksPerMillisecond),
            [.., 's'] => (1, TimeSpan.TicksPerSecond),
            [.., 'm'] => (1, TimeSpan.TicksPerMinute),
            [.., 'h'] => (1, TimeSpan.TicksPerHour),
            [.., 'd'] => (1, TimeSpan.TicksPerDay),
            _ => (0, 0L),
        };
        if (ticks == 0 || !decimal.TryParse(text.AsSpan(0, text.Length - unit), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            return false;
        if (number > (decimal)Longest.Ticks / ticks)
            return false;
        value = TimeSpan.FromTicks((long)(number * ticks));
        return true;
    }

    /// <summary>
    /// Writes a duration in the largest unit that leaves a whole number, or as "d.hh:mm:ss.fffffff"; <see cref="Parse"/> gives the same value back.
    /// </summary>
    public static string Format(TimeSpan value)
    {
        var ticks = value.Ticks;
        (long Ticks, string Unit)[] units =
        [
            (TimeSpan.TicksPerDay, "d"), (TimeSpan.TicksPerHour, "h"), (TimeSpan.TicksPerMinute, "m"),
            (TimeSpan.TicksPerSecond, "s"), (TimeSpan.TicksPerMillisecond, "ms"),
        ];
        if (ticks == 0)
            return "0s";
        foreach (var unit in units)
        {
            if (ticks > 0 && ticks % unit.Ticks == 0)
                return (ticks / unit.Ticks).ToString(CultureInfo.InvariantCulture) + unit.Unit;
        }
        return value.ToString("c", CultureInfo.InvariantCulture);
    }

    private static string Shorten(string? text) => text is null ? "null" : text.Length <= 40 ? text : text[..40] + "…";
}
