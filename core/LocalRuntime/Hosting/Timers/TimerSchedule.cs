using System.Globalization;
using System.Text.RegularExpressions;
using NCrontab;

namespace Iml4e.LocalRuntime.Hosting.Timers;

/// <summary>
/// When a timer runs: an NCRONTAB expression of 6 fields (with seconds) or 5, read in a time zone, or a constant interval.
/// </summary>
internal abstract partial class TimerSchedule
{
    /// <summary>Parses a schedule; throws <see cref="FormatException"/> that says what is wrong.</summary>
    public static TimerSchedule Parse(string text, TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = text.Trim();
        if (text.Contains(':', StringComparison.Ordinal))
            return new ConstantSchedule(ParseInterval(text));
        var fields = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length is not (5 or 6))
            throw new FormatException($"the schedule '{text}' has {fields.Length} fields; an NCRONTAB expression has 5 or 6");
        var cron = CrontabSchedule.TryParse(text, new CrontabSchedule.ParseOptions { IncludingSeconds = fields.Length == 6 })
            ?? throw new FormatException($"the schedule '{text}' is not a valid NCRONTAB expression");
        var clockFields = fields.Length == 6 ? fields[..3] : fields[..2];
        return new CronSchedule(cron, zone, isInterval: clockFields.Any(field => field.AsSpan().IndexOfAny('*', '/', '-') >= 0));
    }

    /// <summary>The first run strictly after an instant; <see cref="DateTimeOffset.MaxValue"/> when there is none.</summary>
    public abstract DateTimeOffset Next(DateTimeOffset after);

    /// <summary>Whether two of the next runs are less than a minute apart; such a schedule is not monitored.</summary>
    public bool IsBelowAMinute(DateTimeOffset now)
    {
        var previous = Next(now);
        for (var i = 0; i < 5 && previous != DateTimeOffset.MaxValue; i++)
        {
            var next = Next(previous);
            if (next - previous < TimeSpan.FromMinutes(1))
                return true;
            previous = next;
        }

        return false;
    }

    // hh:mm:ss; a first field above 23 is a number of days, as in the real host.
    private static TimeSpan ParseInterval(string text)
    {
        var match = Interval().Match(text);
        if (match.Success && int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var first) && first > 23)
            text = $"{first}.{match.Groups[2].Value}:{match.Groups[3].Value}";
        return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var interval) && interval > TimeSpan.Zero
            ? interval
            : throw new FormatException($"the schedule '{text}' is not a time span hh:mm:ss above zero");
    }

    [GeneratedRegex(@"^(\d+):(\d{2}):(\d{2})$", RegexOptions.CultureInvariant)]
    private static partial Regex Interval();
}
