using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Iml4e.Catalog;

/// <summary>
/// How far a reader of a model's log has come: bytes read of each blob of the days that may still grow, and the first of these days. Small, plain JSON, to be
/// kept wherever the reader keeps its state.
/// </summary>
public sealed record LogCursor
{
    private static volatile DayText? lastDay;

    /// <summary>Before everything.</summary>
    public static LogCursor Start { get; } = new();

    /// <summary>The first day (UTC, yyyy-MM-dd) that is not read to its end; null = from the first there is.</summary>
    public string? From { get; init; }

    /// <summary>Blob, "day/name", to the bytes read of it.</summary>
    public IReadOnlyDictionary<string, long> Blobs { get; init; } = new Dictionary<string, long>();

    /// <summary>Before everything that was logged on the day of <paramref name="at"/> (UTC) and later.</summary>
    public static LogCursor At(DateTimeOffset at) => new() { From = Day(at) };

    /// <summary>Reads what <see cref="ToString"/> wrote; null or "" is <see cref="Start"/>.</summary>
    /// <exception cref="FormatException">The text is no cursor.</exception>
    public static LogCursor Parse(string? json)
    {
        if (string.IsNullOrEmpty(json))
            return Start;
        try
        {
            var cursor = JsonSerializer.Deserialize(json, CursorJson.Default.LogCursor) ?? Start;
            cursor.Check();
            return cursor;
        }
        catch (JsonException e)
        {
            throw new FormatException("not a log cursor", e);
        }
    }

    /// <summary>The cursor as JSON.</summary>
    public override string ToString() => JsonSerializer.Serialize(this, CursorJson.Default.LogCursor);

    /// <summary>The day (UTC) as blobs are named by it: "2026-01-31".</summary>
    internal static string Day(DateTimeOffset at)
    {
        // One record after the other asks for the same day.
        var date = DateOnly.FromDateTime(at.UtcDateTime);
        if (lastDay is not { } last || last.Date != date)
            lastDay = last = new DayText(date, date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        return last.Text;
    }

    internal static bool IsDay(ReadOnlySpan<char> text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    /// <exception cref="FormatException">The members are not those of a cursor.</exception>
    internal void Check()
    {
        if (Blobs is null)
            throw new FormatException("not a log cursor: 'blobs' is null");
        if (From is not null && !IsDay(From))
            throw new FormatException("not a log cursor: 'from' is not a day");
        foreach (var (blob, offset) in Blobs)
        {
            if (offset < 0 || blob.Length is < 12 or > 80 || blob[10] != '/' || !IsDay(blob.AsSpan(0, 10)))
                throw new FormatException("not a log cursor: 'blobs' does not map 'day/name' to bytes read");
        }
    }

    private sealed record DayText(DateOnly Date, string Text);
}

/// <summary>Generated serialiser of cursors.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(LogCursor))]
internal sealed partial class CursorJson : JsonSerializerContext;
