using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;

namespace Iml4e.Inference.OpenInference;

/// <summary>Converts the <c>data</c> of an input, already known to be valid JSON with as many scalars as the shape asks for.</summary>
internal static class JsonElements
{
    private interface IElement<T>
    {
        static abstract bool TryRead(ref Utf8JsonReader reader, out T value);
    }

    internal static Tensor Read(RawInput input, TensorDatatype datatype, ReadOnlyMemory<byte> text, RentedMemory? memory)
    {
        var (name, shape) = (input.Name!, input.Shape!);
        var json = text.Span;
        if (input.DeepestLeaf == 1 && datatype is TensorDatatype.FP32 or TensorDatatype.FP64 && TryReal(input, datatype, text, memory) is { } real)
            return real;
        return datatype switch
        {
            TensorDatatype.FP32 => Numbers<float, Single>(input, datatype, json, memory),
            TensorDatatype.FP64 => Numbers<double, Double>(input, datatype, json, memory),
            TensorDatatype.Bool => Numbers<byte, Boolean>(input, datatype, json, memory),
            TensorDatatype.Int64 => Numbers<long, Integer<long>>(input, datatype, json, memory),
            TensorDatatype.Int32 => Numbers<int, Integer<int>>(input, datatype, json, memory),
            TensorDatatype.Int16 => Numbers<short, Integer<short>>(input, datatype, json, memory),
            TensorDatatype.Int8 => Numbers<sbyte, Integer<sbyte>>(input, datatype, json, memory),
            TensorDatatype.UInt64 => Numbers<ulong, Integer<ulong>>(input, datatype, json, memory),
            TensorDatatype.UInt32 => Numbers<uint, Integer<uint>>(input, datatype, json, memory),
            TensorDatatype.UInt16 => Numbers<ushort, Integer<ushort>>(input, datatype, json, memory),
            TensorDatatype.UInt8 => Numbers<byte, Integer<byte>>(input, datatype, json, memory),
            TensorDatatype.Bytes => new Tensor(
                name, input.Base64 ? Elements<byte[], Base64>(input, datatype, json) : Elements<byte[], Text>(input, datatype, json), shape),
            _ => throw new OpenInferenceException(400, $"input {PublicText.Name(name)}: {datatype.ToWire()} cannot be sent as JSON, send it as binary data"),
        };
    }

    /// <summary>A flat array of real numbers; null when anything in it is to be looked at more closely.</summary>
    private static Tensor? TryReal(RawInput input, TensorDatatype datatype, ReadOnlyMemory<byte> text, RentedMemory? memory)
    {
        var length = checked((int)input.Leaves * datatype.ElementSize());
        var bytes = memory is null ? new byte[length] : memory.Rent(length);
        var filled = datatype == TensorDatatype.FP32
            ? JsonNumbers.TryFill(text.Span, MemoryMarshal.Cast<byte, float>(bytes.Span))
            : JsonNumbers.TryFill(text.Span, MemoryMarshal.Cast<byte, double>(bytes.Span));
        if (!filled)
            return null;
        // No longer than the shortest form would be, or not much.
        var compact = text.Length <= input.Leaves * 3 * datatype.ElementSize() && text.Span.IndexOfAny(" \t\r\n"u8) < 0;
        return new Tensor(input.Name!, datatype, input.Shape!, bytes) { Json = compact ? text : default };
    }

    private static Tensor Numbers<T, TElement>(RawInput input, TensorDatatype datatype, ReadOnlySpan<byte> json, RentedMemory? memory)
        where T : unmanaged
        where TElement : IElement<T>
    {
        var length = checked((int)input.Leaves * datatype.ElementSize());
        var bytes = memory is null ? new byte[length] : memory.Rent(length);
        Fill<T, TElement>(input, datatype, json, MemoryMarshal.Cast<byte, T>(bytes.Span));
        return new Tensor(input.Name!, datatype, input.Shape!, bytes);
    }

    private static T[] Elements<T, TElement>(RawInput input, TensorDatatype datatype, ReadOnlySpan<byte> json)
        where TElement : IElement<T>
    {
        var elements = new T[input.Leaves];
        Fill<T, TElement>(input, datatype, json, elements);
        return elements;
    }

    private static void Fill<T, TElement>(RawInput input, TensorDatatype datatype, ReadOnlySpan<byte> json, Span<T> target)
        where TElement : IElement<T>
    {
        var shape = input.Shape!;
        var nested = input.DeepestLeaf == shape.Length && shape.Length > 1;
        Span<long> counts = stackalloc long[4 * InferenceLimits.MaximumJsonDepth];
        var (depth, index) = (0, 0);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 4 * InferenceLimits.MaximumJsonDepth });
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray:
                    if (depth > 0)
                        counts[depth - 1]++;
                    counts[depth++] = 0;
                    break;
                case JsonTokenType.EndArray:
                    depth--;
                    if (nested && counts[depth] != shape[depth])
                    {
                        throw new OpenInferenceException(400, string.Create(
                            CultureInfo.InvariantCulture,
                            $"input {PublicText.Name(input.Name!)}: an array at level {depth + 1} of the data has {counts[depth]} elements, but the shape is [{string.Join(',', shape)}]"));
                    }

                    break;
                default:
                    if (depth > 0)
                        counts[depth - 1]++;
                    if (!TElement.TryRead(ref reader, out target[index]))
                        throw new OpenInferenceException(400, $"input {PublicText.Name(input.Name!)}: {Explain(ref reader, datatype, input.Base64, index)}");
                    index++;
                    break;
            }
        }
    }

    private static string Explain(ref Utf8JsonReader reader, TensorDatatype datatype, bool base64, int index)
    {
        var element = string.Create(CultureInfo.InvariantCulture, $"element {index} ");
        var integer = datatype is not (TensorDatatype.FP32 or TensorDatatype.FP64 or TensorDatatype.Bool or TensorDatatype.Bytes);
        if (reader.TokenType == JsonTokenType.Number && datatype is TensorDatatype.FP32 or TensorDatatype.FP64)
            return element + $"is out of range for {datatype.ToWire()}";
        if (reader.TokenType == JsonTokenType.Number && integer)
            return element + (reader.TryGetDouble(out var number) && double.IsInteger(number) || !double.IsFinite(number) ? $"is out of range for {datatype.ToWire()}" : "is not an integer");
        if (reader.TokenType == JsonTokenType.String && datatype == TensorDatatype.Bytes)
            return element + (base64 ? "is not valid base64" : "is not valid UTF-8");
        var found = reader.TokenType switch
        {
            JsonTokenType.String => "a string",
            JsonTokenType.Number => "a number",
            JsonTokenType.Null => "null",
            _ => "a boolean",
        };
        var wanted = datatype switch
        {
            TensorDatatype.Bool => "true, false, 0 or 1",
            TensorDatatype.Bytes => "a string",
            TensorDatatype.FP32 or TensorDatatype.FP64 => "a number",
            _ => "an integer",
        };
        return element + $"is {found}, but {datatype.ToWire()} needs {wanted}";
    }

    private readonly struct Single : IElement<float>
    {
        public static bool TryRead(ref Utf8JsonReader reader, out float value)
        {
            value = 0;
            return reader.TokenType == JsonTokenType.Number && reader.TryGetSingle(out value) && float.IsFinite(value);
        }
    }

    private readonly struct Double : IElement<double>
    {
        public static bool TryRead(ref Utf8JsonReader reader, out double value)
        {
            value = 0;
            return reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out value) && double.IsFinite(value);
        }
    }

    private readonly struct Boolean : IElement<byte>
    {
        public static bool TryRead(ref Utf8JsonReader reader, out byte value)
        {
            value = reader.TokenType == JsonTokenType.True ? (byte)1 : (byte)0;
            return reader.TokenType is JsonTokenType.True or JsonTokenType.False
                || (reader.TokenType == JsonTokenType.Number && reader.TryGetByte(out value) && value <= 1);
        }
    }

    private readonly struct Integer<T> : IElement<T>
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        public static bool TryRead(ref Utf8JsonReader reader, out T value)
        {
            value = default;
            if (reader.TokenType != JsonTokenType.Number)
                return false;
            if (reader.TryGetInt64(out var signed))
                return TryConvert((Int128)signed, out value);
            if (reader.TryGetUInt64(out var unsigned))
                return TryConvert((Int128)unsigned, out value);
            // 3.0 and 1e3 are integers, written otherwise. The double tells 1e-40 from the 0 that a decimal makes of it.
            return reader.TryGetDouble(out var number) && double.IsInteger(number)
                && reader.TryGetDecimal(out var exact) && decimal.IsInteger(exact) && TryConvert((Int128)exact, out value);
        }

        private static bool TryConvert(Int128 number, out T value)
        {
            var fits = number >= Int128.CreateChecked(T.MinValue) && number <= Int128.CreateChecked(T.MaxValue);
            value = fits ? T.CreateTruncating(number) : default;
            return fits;
        }
    }

    private readonly struct Text : IElement<byte[]>
    {
        public static bool TryRead(ref Utf8JsonReader reader, out byte[] value)
        {
            value = [];
            if (reader.TokenType != JsonTokenType.String || !Utf8.IsValid(reader.ValueSpan))
                return false;
            if (!reader.ValueIsEscaped)
            {
                value = reader.ValueSpan.ToArray();
                return true;
            }

            var buffer = new byte[reader.ValueSpan.Length];
            try
            {
                value = buffer[..reader.CopyString(buffer)];
                return true;
            }
            catch (InvalidOperationException)
            {
                // Half of a surrogate pair: there is no such text.
                return false;
            }
        }
    }

    private readonly struct Base64 : IElement<byte[]>
    {
        public static bool TryRead(ref Utf8JsonReader reader, out byte[] value)
        {
            value = [];
            if (reader.TokenType != JsonTokenType.String || !reader.TryGetBytesFromBase64(out var bytes))
                return false;
            value = bytes;
            return true;
        }
    }
}
