using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Iml4e.Inference;

namespace Iml4e.Functions.Serving;

/// <summary>Describes input tensors for the prediction log: with their values, or by digest when they are large.</summary>
internal static class TensorDigest
{
    /// <summary>A JSON object a tensor: name, datatype, shape, and data or sha256 of the little-endian bytes.</summary>
    public static JsonArray Describe(IReadOnlyList<Tensor> tensors, bool withData)
    {
        var list = new JsonArray();
        foreach (var tensor in tensors)
        {
            var item = new JsonObject
            {
                ["name"] = tensor.Name,
                ["datatype"] = tensor.Datatype.ToWire(),
                ["shape"] = new JsonArray([.. tensor.Shape.Select(d => (JsonNode)d)]),
            };
            if (withData)
                item["data"] = Data(tensor);
            else
                item["sha256"] = Digest(tensor);
            list.Add(item);
        }

        return list;
    }

    private static JsonArray Data(Tensor tensor)
    {
        var data = new JsonArray();
        if (tensor.Datatype == TensorDatatype.Bytes)
        {
            foreach (var text in tensor.ToStrings())
                data.Add(text);
        }
        else if (tensor.Datatype is TensorDatatype.Int64)
        {
            foreach (var value in tensor.Span<long>())
                data.Add(value);
        }
        else
        {
            // Single precision is written as such: widened it would take twice the bytes in the log.
            foreach (var value in tensor.ToDoubles())
                data.Add(!double.IsFinite(value) ? null : tensor.Datatype == TensorDatatype.FP32 ? JsonValue.Create((float)value) : JsonValue.Create(value));
        }

        return data;
    }

    private static string Digest(Tensor tensor)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (tensor.Bytes is { } elements)
        {
            Span<byte> length = stackalloc byte[4];
            foreach (var element in elements)
            {
                System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(length, element.Length);
                hash.AppendData(length);
                hash.AppendData(element);
            }
        }
        else
        {
            hash.AppendData(tensor.Data.Span);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
