using System.Globalization;

namespace Iml4e.CommandLine.History;

/// <summary>Lengths of time as a person writes and reads them.</summary>
internal static class Durations
{
    /// <summary>Reads a number with its unit, such as 30s, 10m, 2h or 7d; null when it is none.</summary>
    public static TimeSpan? Parse(string text)
    {
        if (text.Length < 2 || !double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number > 100_000)
            return null;
        return text[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            'd' => TimeSpan.FromDays(number),
            _ => null,
        };
    }

    /// <summary>Writes a length of time in its two largest units.</summary>
    public static string Describe(TimeSpan length)
    {
        if (length < TimeSpan.Zero)
            return "-" + Describe(-length);
        return FormattableString.Invariant(length switch
        {
            { TotalSeconds: < 1 } => (FormattableString)$"{length.TotalMilliseconds:0} ms",
            { TotalMinutes: < 1 } => $"{length.TotalSeconds:0.#} s",
            { TotalHours: < 1 } => $"{length.Minutes} min {length.Seconds} s",
            { TotalDays: < 1 } => $"{length.Hours} h {length.Minutes} min",
            _ => $"{length.Days} d {length.Hours} h",
        });
    }
}
