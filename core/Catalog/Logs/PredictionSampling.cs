using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Iml4e.Catalog;

/// <summary>
/// Which predictions are in a sample: those for which the first 8 bytes of SHA-256(id in UTF-8), read as a big-endian fraction of 1, are below the rate. So
/// anybody can say of an id whether it was sampled, in every process the same, and a sample of a smaller rate is part of one of a larger.
/// </summary>
public static class PredictionSampling
{
    /// <summary>True when the prediction is in the sample.</summary>
    /// <param name="id">The prediction's id, as <see cref="PredictionLog.NewId"/> writes it.</param>
    /// <param name="rate">Share of the predictions, 0 to 1.</param>
    public static bool Contains(string id, double rate)
    {
        if (rate >= 1)
            return true;
        Span<byte> text = stackalloc byte[128];
        Span<byte> hash = stackalloc byte[32];
        if (!Encoding.UTF8.TryGetBytes(id, text, out var length))
            return false;
        SHA256.HashData(text[..length], hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash) < rate * 18446744073709551616.0;
    }
}
