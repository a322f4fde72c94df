using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;

namespace Iml4e.Inference.OpenInference;

/// <summary>Tensors as raw bytes (binary tensor extension, and raw contents of gRPC): little-endian, row-major, BYTES with a u32 length before each element.</summary>
public static class BinaryTensors
{
    /// <summary>Reads a tensor; numeric data are not copied.</summary>
    /// <param name="name">Name of the input.</param>
    /// <param name="datatype">Type of the elements.</param>
    /// <param name="shape">Dimensions, none negative.</param>
    /// <param name="data">Exactly the tensor's bytes.</param>
    /// <exception cref="OpenInferenceException">400: the bytes are not those of such a tensor.</exception>
    public static Tensor Read(string name, TensorDatatype datatype, long[] shape, ReadOnlyMemory<byte> data)
    {
        var count = ShapeMath.TryCount(shape);
        if (count < 0)
            throw Refused(name, $"shape [{string.Join(',', shape)}] is negative or too large");
        if (datatype == TensorDatatype.Bytes)
            return new Tensor(name, ReadStrings(name, count, data.Span), shape);
        var needed = (Int128)count * datatype.ElementSize();
        if (needed != data.Length)
            throw Refused(name, string.Create(CultureInfo.InvariantCulture, $"shape [{string.Join(',', shape)}] of {datatype.ToWire()} needs {needed} bytes, got {data.Length}"));
        if (datatype == TensorDatatype.Bool && data.Span.IndexOfAnyExceptInRange((byte)0, (byte)1) is >= 0 and var index)
            throw Refused(name, string.Create(CultureInfo.InvariantCulture, $"element {index} is {data.Span[index]}, but BOOL needs 0 or 1"));
        return new Tensor(name, datatype, shape, data);
    }

    /// <summary>Bytes that the tensor takes.</summary>
    public static long Size(Tensor tensor) => tensor.Bytes is { } strings ? strings.Sum(s => 4L + s.Length) : tensor.Data.Length;

    /// <summary>Writes the tensor.</summary>
    public static void Write(IBufferWriter<byte> writer, Tensor tensor)
    {
        if (tensor.Bytes is not { } strings)
        {
            writer.Write(tensor.Data.Span);
            return;
        }

        foreach (var text in strings)
        {
            BinaryPrimitives.WriteInt32LittleEndian(writer.GetSpan(4), text.Length);
            writer.Advance(4);
            writer.Write(text);
        }
    }

    private static byte[][] ReadStrings(string name, long count, ReadOnlySpan<byte> data)
    {
        // Each element takes four bytes at least: a count beyond that is refused before anything is set aside for it.
        if (count > data.Length / 4)
            throw Refused(name, string.Create(CultureInfo.InvariantCulture, $"{count} BYTES elements do not fit into {data.Length} bytes"));
        var strings = new byte[count][];
        for (var i = 0; i < strings.Length; i++)
        {
            if (data.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(data) is var length && length > (uint)(data.Length - 4))
                throw Refused(name, string.Create(CultureInfo.InvariantCulture, $"element {i} is longer than the data"));
            strings[i] = data.Slice(4, (int)length).ToArray();
            data = data[(4 + (int)length)..];
        }

        return data.IsEmpty ? strings : throw Refused(name, string.Create(CultureInfo.InvariantCulture, $"{data.Length} bytes are left over after {count} elements"));
    }

    private static OpenInferenceException Refused(string name, string message) => new(400, $"input {PublicText.Name(name)}: {message}");
}
