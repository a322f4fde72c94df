using System.Buffers;
using System.Text.Json;

namespace Iml4e.Inference;

/// <summary>Writes real numbers as JSON in their shortest form (<see cref="ShortestDecimal"/>).</summary>
public static class RealNumbers
{
    // Of a longer array each number is written on its own: its text shall not lie in memory twice.
    private const int LongestAtOnce = 16384;

    /// <summary>Writes an array of finite numbers.</summary>
    public static void WriteArray(Utf8JsonWriter json, ReadOnlySpan<float> values) => WriteAny(json, values);

    /// <summary>Writes an array of finite numbers.</summary>
    public static void WriteArray(Utf8JsonWriter json, ReadOnlySpan<double> values) => WriteAny(json, values);

    /// <summary>Writes one finite number.</summary>
    public static void Write(Utf8JsonWriter json, float value) => WriteAny(json, value);

    /// <summary>Writes one finite number.</summary>
    public static void Write(Utf8JsonWriter json, double value) => WriteAny(json, value);

    private static void WriteAny<T>(Utf8JsonWriter json, ReadOnlySpan<T> values)
        where T : struct
    {
        if (values.Length > LongestAtOnce)
        {
            json.WriteStartArray();
            foreach (var value in values)
                WriteAny(json, value);
            json.WriteEndArray();
            return;
        }

        var rented = ArrayPool<byte>.Shared.Rent((values.Length * (ShortestDecimal.MostBytes + 1)) + 2);
        rented[0] = (byte)'[';
        var at = 1;
        foreach (var value in values)
        {
            at += Format(value, rented.AsSpan(at));
            rented[at++] = (byte)',';
        }

        if (!values.IsEmpty)
            at--;
        rented[at++] = (byte)']';
        json.WriteRawValue(rented.AsSpan(0, at), skipInputValidation: true);
        ArrayPool<byte>.Shared.Return(rented);
    }

    private static void WriteAny<T>(Utf8JsonWriter json, T value)
        where T : struct
    {
        Span<byte> text = stackalloc byte[ShortestDecimal.MostBytes];
        json.WriteRawValue(text[..Format(value, text)], skipInputValidation: true);
    }

    // Compiled to one of the two calls, without boxes.
    private static int Format<T>(T value, Span<byte> utf8)
        where T : struct =>
        typeof(T) == typeof(float) ? ShortestDecimal.Format((float)(object)value, utf8) : ShortestDecimal.Format((double)(object)value, utf8);
}
