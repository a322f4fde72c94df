using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Iml4e.Inference.Caching;

/// <summary>
/// The identity of a request: SHA-256 over model, version, the inputs by name (name, datatype, rank, dimensions, data) and the wanted outputs by name, each
/// text and each tensor's data after its length (u64, little-endian), so that no two requests run into one another.
/// </summary>
public readonly record struct ResponseCacheKey
{
    private readonly UInt128 _high;
    private readonly UInt128 _low;

    private ResponseCacheKey(ReadOnlySpan<byte> hash) =>
        (_high, _low) = (BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));

    /// <summary>The key of a request.</summary>
    /// <param name="model">Name of the model.</param>
    /// <param name="version">Its version.</param>
    /// <param name="inputs">All inputs of the model, in any order.</param>
    /// <param name="outputs">Names of the wanted outputs, in any order; null = all.</param>
    public static ResponseCacheKey Of(string model, string version, IReadOnlyList<Tensor> inputs, IReadOnlyList<string>? outputs)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AddText(hash, model);
        AddText(hash, version);
        foreach (var input in inputs.OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            AddText(hash, input.Name);
            AddText(hash, input.Datatype.ToWire());
            AddNumber(hash, input.Shape.Length);
            foreach (var dimension in input.Shape)
                AddNumber(hash, dimension);
            AddData(hash, input);
        }

        foreach (var output in (outputs ?? []).Order(StringComparer.Ordinal))
            AddText(hash, output);
        Span<byte> result = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(result);
        return new ResponseCacheKey(result);
    }

    /// <summary>The hash in hexadecimal digits.</summary>
    public override string ToString()
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        BinaryPrimitives.WriteUInt128BigEndian(hash, _high);
        BinaryPrimitives.WriteUInt128BigEndian(hash[16..], _low);
        return Convert.ToHexStringLower(hash);
    }

    private static void AddData(IncrementalHash hash, Tensor input)
    {
        if (input.Bytes is not { } strings)
        {
            AddNumber(hash, input.Data.Length);
            hash.AppendData(input.Data.Span);
            return;
        }

        AddNumber(hash, strings.Sum(text => 4L + text.Length));
        Span<byte> length = stackalloc byte[4];
        foreach (var text in strings)
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
            hash.AppendData(length);
            hash.AppendData(text);
        }
    }

    private static void AddText(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        AddNumber(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void AddNumber(IncrementalHash hash, long number)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
