using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Iml4e.Inference;

namespace Iml4e.Catalog;

/// <summary>
/// Values of tensors in the log: numbers as they came, or in the shortest form that reads back the same; what is not finite as null, byte strings as UTF-8.
/// </summary>
internal static class TensorValues
{
    /// <summary>Writes the member "data".</summary>
    public static void Write(Utf8JsonWriter json, Tensor tensor)
    {
        if (!tensor.Json.IsEmpty)
        {
            json.WritePropertyName("data"u8);
            json.WriteRawValue(tensor.Json.Span, skipInputValidation: true);
            return;
        }

        json.WriteStartArray("data"u8);
        for (long i = 0; i < tensor.ElementCount; i++)
            Write(json, tensor, (int)i);
        json.WriteEndArray();
    }

    /// <summary>Writes one element.</summary>
    public static void Write(Utf8JsonWriter json, Tensor tensor, int index)
    {
        if (tensor.Bytes is { } texts)
        {
            json.WriteStringValue(texts[index]);
            return;
        }

        var element = Element(tensor, index);
        switch (tensor.Datatype)
        {
            case TensorDatatype.FP32:
                // Single precision is written as such: widened it would take twice the bytes.
                var single = MemoryMarshal.Read<float>(element);
                if (float.IsFinite(single))
                    RealNumbers.Write(json, single);
                else
                    json.WriteNullValue();
                break;
            case TensorDatatype.FP64: Real(json, MemoryMarshal.Read<double>(element)); break;
            case TensorDatatype.FP16: Real(json, (double)MemoryMarshal.Read<Half>(element)); break;
            case TensorDatatype.BF16: Real(json, BitConverter.UInt32BitsToSingle((uint)MemoryMarshal.Read<ushort>(element) << 16)); break;
            case TensorDatatype.Int8: json.WriteNumberValue(MemoryMarshal.Read<sbyte>(element)); break;
            case TensorDatatype.Int16: json.WriteNumberValue(MemoryMarshal.Read<short>(element)); break;
            case TensorDatatype.Int32: json.WriteNumberValue(MemoryMarshal.Read<int>(element)); break;
            case TensorDatatype.Int64: json.WriteNumberValue(MemoryMarshal.Read<long>(element)); break;
            case TensorDatatype.UInt16: json.WriteNumberValue(MemoryMarshal.Read<ushort>(element)); break;
            case TensorDatatype.UInt32: json.WriteNumberValue(MemoryMarshal.Read<uint>(element)); break;
            case TensorDatatype.UInt64: json.WriteNumberValue(MemoryMarshal.Read<ulong>(element)); break;
            default: json.WriteNumberValue(element[0]); break;
        }
    }

    /// <summary>The bytes of an element, as they lie in memory.</summary>
    public static ReadOnlySpan<byte> Element(Tensor tensor, int index)
    {
        if (tensor.Bytes is { } texts)
            return texts[index];
        var size = tensor.Datatype.ElementSize();
        return tensor.Data.Span.Slice(index * size, size);
    }

    /// <summary>
    /// SHA-256, hexadecimal, of the little-endian bytes (of each byte string: its length in 4 bytes, and itself), of the elements that the choice lets
    /// through; null when there is none of these. A masked value never goes in, for out of a small domain it could be found again by trying.
    /// </summary>
    public static string? Digest(Tensor tensor, Func<int, bool>? choice)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (choice is null && tensor.Bytes is null)
        {
            hash.AppendData(tensor.Data.Span);
        }
        else
        {
            Span<byte> length = stackalloc byte[4];
            var any = false;
            for (var i = 0; i < tensor.ElementCount; i++)
            {
                if (choice?.Invoke(i) == false)
                    continue;
                any = true;
                var element = Element(tensor, i);
                if (tensor.Bytes is not null)
                {
                    BinaryPrimitives.WriteInt32LittleEndian(length, element.Length);
                    hash.AppendData(length);
                }

                hash.AppendData(element);
            }

            if (choice is not null && !any)
                return null;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Real(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value))
            RealNumbers.Write(json, value);
        else
            json.WriteNullValue();
    }
}
