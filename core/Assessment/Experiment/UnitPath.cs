using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Iml4e.Assessment.Experiment;

/// <summary>
/// Where an assignment unit stands in a JSON body: members by name and elements by place, such as <c>$.parameters.building</c>, <c>$.ids[0]</c> or
/// <c>$['unit id']</c>. Of members of one name in one object the first counts.
/// </summary>
public sealed class UnitPath
{
    /// <summary>Bytes of a unit at most; a longer one is none.</summary>
    public const int LongestUnit = 4096;

    private const int MostSteps = 16;
    private static readonly SearchValues<char> NotInNames = SearchValues.Create("]'\"*?@() \t\r\n");
    private readonly Step[] _steps;

    private UnitPath(Step[] steps) => _steps = steps;

    /// <summary>Reads a path; false when the text is none, or has more than 16 steps.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out UnitPath? path)
    {
        path = null;
        if (!text.StartsWith("$"))
            return false;
        var steps = new List<Step>();
        for (var rest = text[1..]; !rest.IsEmpty;)
        {
            if (steps.Count == MostSteps || !TryTake(ref rest, out var step))
                return false;
            steps.Add(step);
        }

        if (steps.Count > 0)
            path = new UnitPath([.. steps]);
        return path is not null;
    }

    /// <summary>
    /// The text, number or truth value at the path, as it is written; null when there is nothing, something else or too long a text, or when the body stops
    /// being JSON before it. The body is read no further than that.
    /// </summary>
    public string? Find(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read())
                return null;
            foreach (var step in _steps)
            {
                if (!(step.Name is { } name ? Enter(ref reader, name) : Enter(ref reader, step.Index)))
                    return null;
            }

            return reader.TokenType switch
            {
                JsonTokenType.String when reader.ValueSpan.Length <= LongestUnit => reader.GetString(),
                JsonTokenType.Number when reader.ValueSpan.Length <= LongestUnit => Encoding.ASCII.GetString(reader.ValueSpan),
                JsonTokenType.True => "true",
                JsonTokenType.False => "false",
                _ => null,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, or a text that is none: whoever reads the whole body tells the caller.
            return null;
        }
    }

    private static bool Enter(ref Utf8JsonReader reader, byte[] name)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var found = reader.ValueTextEquals(name);
            reader.Read();
            if (found)
                return true;
            reader.Skip();
        }

        return false;
    }

    private static bool Enter(ref Utf8JsonReader reader, int index)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            return false;
        for (; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index--)
        {
            if (index == 0)
                return true;
            reader.Skip();
        }

        return false;
    }

    private static bool TryTake(ref ReadOnlySpan<char> rest, out Step step)
    {
        step = default;
        if (rest[0] == '.')
        {
            var length = rest[1..].IndexOfAny(".[");
            var name = length < 0 ? rest[1..] : rest.Slice(1, length);
            if (name.IsEmpty || name.IndexOfAny(NotInNames) >= 0)
                return false;
            rest = rest[(1 + name.Length)..];
            return Named(name.ToString(), out step);
        }

        var end = rest.StartsWith("['") ? rest.IndexOf("']") : rest.IndexOf(']');
        if (rest[0] != '[' || end < 0)
            return false;
        var inside = rest[1..end];
        rest = rest[(end + (inside.StartsWith("'") ? 2 : 1))..];
        if (inside.StartsWith("'"))
            return inside.Length > 1 && Named(inside[1..].ToString(), out step);
        var read = int.TryParse(inside, NumberStyles.None, CultureInfo.InvariantCulture, out var index);
        step = new Step(null, index);
        return read;
    }

    private static bool Named(string name, out Step step)
    {
        step = new Step(Encoding.UTF8.GetBytes(name), 0);
        return true;
    }

    private readonly record struct Step(byte[]? Name, int Index);
}
