using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Iml4e.Catalog;

namespace Iml4e.Functions.Monitoring;

/// <summary>What the running figures need of an outcome.</summary>
/// <param name="Prediction">Hash of the prediction's id.</param>
/// <param name="ReceivedAt">When it came; orders them.</param>
/// <param name="PredictedAt">When it was predicted.</param>
/// <param name="Version">Of the model.</param>
/// <param name="Variant">The version's part.</param>
/// <param name="Loss">Its loss.</param>
/// <param name="Revision">Which telling of the outcome it is.</param>
/// <param name="IsReplacement">Whether there was another one before.</param>
internal readonly record struct OutcomePoint(
    UInt128 Prediction, DateTimeOffset ReceivedAt, DateTimeOffset PredictedAt, string Version, PredictionVariant Variant, double Loss, int Revision = 0,
    bool IsReplacement = false)
{
    /// <summary>Of a record.</summary>
    public static OutcomePoint Of(OutcomeRecord record) => new(
        HashOf(record.PredictionId), record.ReceivedAt, record.PredictedAt, string.Intern(record.Version), record.Variant, record.Loss,
        record.Revision, record.Replaces is not null);

    /// <summary>128 bits that stand for an id: of a billion ids two are alike with a chance below 10^-20.</summary>
    public static UInt128 HashOf(string id)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(MemoryMarshal.AsBytes(id.AsSpan()), hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
