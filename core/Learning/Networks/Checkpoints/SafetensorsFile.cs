using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Inference;

namespace Iml4e.Learning.Networks;

/// <summary>
/// Tensors as safetensors: the length of a JSON header (u64), the header {name: {dtype, shape, data_offsets}}, padded with spaces so that the data begin on a
/// multiple of 8, then the data, row-major and little-endian, without gaps.
/// </summary>
public static class SafetensorsFile
{
    private const int LengthBytes = 8;
    private const int Alignment = 8;
    private const int LongestHeader = 100 << 20;
    private const string MetadataKey = "__metadata__";

    private static readonly Dictionary<string, TensorDatatype> Types = new(StringComparer.Ordinal)
    {
        ["F32"] = TensorDatatype.FP32, ["F64"] = TensorDatatype.FP64, ["F16"] = TensorDatatype.FP16, ["BF16"] = TensorDatatype.BF16,
        ["I64"] = TensorDatatype.Int64, ["I32"] = TensorDatatype.Int32, ["I16"] = TensorDatatype.Int16, ["I8"] = TensorDatatype.Int8,
        ["U8"] = TensorDatatype.UInt8, ["BOOL"] = TensorDatatype.Bool,
    };

    /// <summary>Writes tensors, in their order.</summary>
    /// <param name="tensors">The tensors, each name once.</param>
    /// <param name="metadata">Notes.</param>
    public static byte[] Write(IReadOnlyList<Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var header = new JsonObject();
        if (metadata is { Count: > 0 })
            header[MetadataKey] = new JsonObject(metadata.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value)));
        long offset = 0;
        foreach (var tensor in tensors)
        {
            header.Add(tensor.Name, new JsonObject
            {
                ["dtype"] = Types.First(t => t.Value == tensor.Datatype).Key, ["shape"] = new JsonArray([.. tensor.Shape.Select(d => (JsonNode?)d)]),
                ["data_offsets"] = new JsonArray(offset, offset + tensor.Data.Length),
            });
            offset += tensor.Data.Length;
        }

        var text = Encoding.UTF8.GetBytes(header.ToJsonString());
        var length = text.Length + (-(text.Length + LengthBytes) & (Alignment - 1));
        var file = new byte[LengthBytes + length + offset];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)length);
        text.CopyTo(file, LengthBytes);
        file.AsSpan(LengthBytes + text.Length, length - text.Length).Fill((byte)' ');
        var at = LengthBytes + length;
        foreach (var tensor in tensors)
        {
            tensor.Data.Span.CopyTo(file.AsSpan(at));
            at += tensor.Data.Length;
        }

        return file;
    }

    /// <summary>Reads all tensors, in the order of their data. They lie in the file's memory.</summary>
    /// <exception cref="InvalidDataException">The file is none, or its offsets leave gaps, overlap or lead beyond its end.</exception>
    public static IReadOnlyList<Tensor> Read(ReadOnlyMemory<byte> file)
    {
        if (file.Length < LengthBytes)
            throw new InvalidDataException("the file is shorter than a safetensors header");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(file.Span);
        if (length > LongestHeader || length > (ulong)(file.Length - LengthBytes))
            throw new InvalidDataException($"the header of {length} bytes does not fit the file of {file.Length}");
        var data = file[(LengthBytes + (int)length)..];
        var tensors = new List<(long Begin, long End, Tensor Tensor)>();
        try
        {
            using var header = JsonDocument.Parse(file.Slice(LengthBytes, (int)length));
            foreach (var entry in header.RootElement.EnumerateObject().Where(e => e.Name != MetadataKey))
                tensors.Add(Read(entry, data));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or ArgumentException)
        {
            throw new InvalidDataException("the header is no safetensors header: " + e.Message, e);
        }

        long end = 0;
        foreach (var tensor in tensors.OrderBy(t => t.Begin).ThenBy(t => t.End))
        {
            if (tensor.Begin != end)
                throw new InvalidDataException($"tensor '{tensor.Tensor.Name}' begins at {tensor.Begin}, not at {end}");
            end = tensor.End;
        }

        return end == data.Length
            ? [.. tensors.OrderBy(t => t.Begin).ThenBy(t => t.End).Select(t => t.Tensor)]
            : throw new InvalidDataException($"the data are {data.Length} bytes, the tensors {end}");
    }

    private static (long Begin, long End, Tensor Tensor) Read(JsonProperty entry, ReadOnlyMemory<byte> data)
    {
        var type = entry.Value.GetProperty("dtype").GetString() ?? "";
        if (!Types.TryGetValue(type, out var datatype))
            throw new InvalidDataException($"tensor '{entry.Name}' is of type '{type}'");
        var shape = entry.Value.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64()).ToArray();
        var offsets = entry.Value.GetProperty("data_offsets").EnumerateArray().Select(o => o.GetInt64()).ToArray();
        if (offsets is not [>= 0, var end] || end < offsets[0] || end > data.Length)
            throw new InvalidDataException($"tensor '{entry.Name}' lies outside the file");
        return (offsets[0], end, new Tensor(entry.Name, datatype, shape, data[(int)offsets[0]..(int)end]));
    }
}
