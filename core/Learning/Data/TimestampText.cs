namespace Iml4e.Learning;

/// <summary>Reads and writes moments as text.</summary>
/// <remarks>ISO 8601: <c>yyyy-MM-dd</c>, then optionally 'T' or a space, <c>HH:mm[:ss[.fraction]]</c> and <c>Z</c> or <c>±HH:mm</c> (also ±HHmm, ±HH).
/// Without an offset the moment is taken as UTC. Fractions of a second are cut off.</remarks>
public static class TimestampText
{
    /// <summary>Unix seconds of the text; false when it is not of that form or not a moment of the calendar.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long seconds, out bool hasOffset)
    {
        seconds = 0;
        hasOffset = false;
        if (text.Length < 10 || !Digits(text, 0, 4, out var year) || text[4] != '-' || !Digits(text, 5, 2, out var month) || text[7] != '-'
            || !Digits(text, 8, 2, out var day))
            return false;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
            return false;
        seconds = (new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc).Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond;
        if (text.Length == 10)
            return true;

        if ((text[10] != 'T' && text[10] != ' ' && text[10] != 't') || text.Length < 16 || !Digits(text, 11, 2, out var hour) || text[13] != ':'
            || !Digits(text, 14, 2, out var minute) || hour > 23 || minute > 59)
            return false;
        var at = 16;
        var second = 0;
        if (at < text.Length && text[at] == ':')
        {
            if (!Digits(text, at + 1, 2, out second) || second > 59)
                return false;
            at += 3;
            if (at < text.Length && text[at] is (byte)'.' or (byte)',')
            {
                var first = ++at;
                while (at < text.Length && text[at] is >= (byte)'0' and <= (byte)'9')
                    at++;
                if (at == first)
                    return false;
            }
        }
        seconds += (hour * 3600) + (minute * 60) + second;
        if (at == text.Length)
            return true;

        hasOffset = true;
        if (text[at] is (byte)'Z' or (byte)'z')
            return at + 1 == text.Length;
        if (text[at] is not ((byte)'+' or (byte)'-') || !Digits(text, at + 1, 2, out var offsetHours) || offsetHours > 18)
            return false;
        var sign = text[at] == '-' ? -1 : 1;
        at += 3;
        var offsetMinutes = 0;
        if (at < text.Length)
        {
            if (text[at] == ':')
                at++;
            if (!Digits(text, at, 2, out offsetMinutes) || offsetMinutes > 59 || at + 2 != text.Length)
                return false;
        }
        seconds -= sign * ((offsetHours * 3600) + (offsetMinutes * 60));
        return seconds is >= TimestampColumn.Earliest and <= TimestampColumn.Latest;
    }

    /// <summary>The moment as <c>yyyy-MM-ddTHH:mm:ssZ</c>.</summary>
    public static string Format(long seconds) =>
        DateTime.UnixEpoch.AddSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private static bool Digits(ReadOnlySpan<byte> text, int at, int count, out int value)
    {
        value = 0;
        if (at + count > text.Length)
            return false;
        for (var i = at; i < at + count; i++)
        {
            if (text[i] is < (byte)'0' or > (byte)'9')
                return false;
            value = (value * 10) + (text[i] - '0');
        }
        return true;
    }
}
