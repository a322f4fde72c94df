using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Iml4e.Assessment.Pose.Json;

/// <summary>
/// Reads the fields of one record after the other. What is wrong with a field is noted, the first of a record, and the reading goes on behind it: only what
/// is no JSON ends it.
/// </summary>
/// <param name="tokens">The file.</param>
internal sealed class RecordReader(JsonTokens tokens)
{
    // No pixel lies farther out, and no square or product of such numbers is beyond what a number holds.
    private const double Largest = 1e15;
    private const int MostNumbers = 3 * 200;
    private readonly double[] numbers = new double[MostNumbers];

    /// <summary>What is wrong with the present record: the field and what would be right; null = nothing so far.</summary>
    public (string Field, string Message)? Fault { get; private set; }

    /// <summary>Begins a record.</summary>
    public void Begin() => Fault = null;

    /// <summary>Notes what is wrong with the record, unless something is already.</summary>
    public void Note(string field, string message) => Fault ??= (field, message);

    /// <summary>Reads a whole number of up to 64 bits; one written as a real number counts.</summary>
    public long? Integer(ref Utf8JsonReader reader, string field)
    {
        tokens.Next(ref reader);
        if (reader.TokenType == JsonTokenType.Number)
        {
            if (reader.TryGetInt64(out var value))
                return value;
            if (reader.TryGetDouble(out var real) && Math.Floor(real) == real && Math.Abs(real) < 1L << 53)
                return (long)real;
        }

        Note(field, $"must be a whole number, not {Shown(ref reader)}");
        tokens.Skip(ref reader);
        return null;
    }

    /// <summary>Reads a finite number, up to 1e15 and down to -1e15.</summary>
    public double? Number(ref Utf8JsonReader reader, string field)
    {
        tokens.Next(ref reader);
        return Finite(ref reader, field, -1);
    }

    /// <summary>Reads 0, 1, false or true.</summary>
    public bool? Flag(ref Utf8JsonReader reader, string field)
    {
        tokens.Next(ref reader);
        if (reader.TokenType is JsonTokenType.True or JsonTokenType.False)
            return reader.GetBoolean();
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var value) && value is 0 or 1)
            return value == 1;
        Note(field, $"must be 0 or 1, not {Shown(ref reader)}");
        tokens.Skip(ref reader);
        return null;
    }

    /// <summary>Reads a text.</summary>
    public string? Text(ref Utf8JsonReader reader, string field)
    {
        tokens.Next(ref reader);
        if (reader.TokenType == JsonTokenType.String)
        {
            try
            {
                return reader.GetString();
            }
            catch (InvalidOperationException)
            {
                Note(field, "is not UTF-8 text");
                return null;
            }
        }

        Note(field, $"must be a text, not {Shown(ref reader)}");
        tokens.Skip(ref reader);
        return null;
    }

    /// <summary>Reads a list of such numbers, good until the next one is read; of one with more than 600 only so many are there.</summary>
    /// <param name="reader">Before the value.</param>
    /// <param name="field">Its name.</param>
    /// <param name="count">Numbers in it; -1 when it is no such list.</param>
    public ReadOnlySpan<double> Numbers(ref Utf8JsonReader reader, string field, out int count)
    {
        count = -1;
        tokens.Next(ref reader);
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            Note(field, $"must be a list of numbers, not {Shown(ref reader)}");
            tokens.Skip(ref reader);
            return default;
        }

        if (tokens.TryNumbers(ref reader, numbers, Largest, out count))
            return numbers.AsSpan(0, count);
        count = -1;
        var wrong = false;
        var there = 0;
        while (true)
        {
            tokens.Next(ref reader);
            if (reader.TokenType == JsonTokenType.EndArray)
                break;
            var number = Finite(ref reader, field, there);
            wrong |= number is null;
            if (there < numbers.Length)
                numbers[there] = number ?? 0;
            there++;
        }

        if (wrong)
            return default;
        count = there;
        return numbers.AsSpan(0, Math.Min(there, numbers.Length));
    }

    /// <summary>Passes over a value.</summary>
    public void Pass(ref Utf8JsonReader reader)
    {
        tokens.Next(ref reader);
        tokens.Skip(ref reader);
    }

    private double? Finite(ref Utf8JsonReader reader, string field, int place)
    {
        var number = reader.TokenType == JsonTokenType.Number && TryNumber(ref reader, out var read) && double.IsFinite(read) ? read : (double?)null;
        if (number is >= -Largest and <= Largest)
            return number;
        Note(
            place < 0 ? field : string.Create(CultureInfo.InvariantCulture, $"{field}[{place}]"),
            number is null ? $"must be a finite number, not {Shown(ref reader)}" : $"must be between -1e15 and 1e15, not {Shown(ref reader)}");
        tokens.Skip(ref reader);
        return null;
    }

    private static bool TryNumber(ref Utf8JsonReader reader, out double value)
    {
        // The tokens are of one piece.
        return JsonNumber.TryRead(reader.ValueSpan, out value, out var read) && read == reader.ValueSpan.Length;
    }

    private static string Shown(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.Null => "null",
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        JsonTokenType.Number => Cut(reader.ValueSpan),
        _ => reader.ValueSpan switch
        {
            [(byte)'a'] => "NaN",
            _ when reader.ValueSpan.SequenceEqual("nfinit"u8) => "Infinity",
            _ when reader.ValueSpan.SequenceEqual("Infinit"u8) => "-Infinity",
            _ => $"'{Cut(reader.ValueSpan)}'",
        },
    };

    private static string Cut(ReadOnlySpan<byte> text)
    {
        var shown = Encoding.UTF8.GetString(text[..Math.Min(40, text.Length)]);
        return new string([.. shown.Select(c => char.IsControl(c) ? ' ' : c)]);
    }
}
