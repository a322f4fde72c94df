using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Iml4e.Catalog;
using Iml4e.Functions.Monitoring;

namespace Iml4e.Functions.Feedback;

/// <summary>The outcome that counts for a prediction, as far as another one has to be compared with it.</summary>
/// <param name="Revision">Its revision.</param>
/// <param name="ReceivedAt">When it came, in ticks.</param>
/// <param name="Value">64 bits that stand for its value: equal numbers have equal ones however they are written.</param>
internal readonly record struct KnownOutcome(int Revision, long ReceivedAt, ulong Value)
{
    /// <summary>Of a record.</summary>
    public static KnownOutcome Of(OutcomeRecord record) => new(record.Revision, record.ReceivedAt.UtcTicks, HashOf(record.Actual));

    /// <summary>Whether this outcome counts and not the other one, as <see cref="OutcomeRecord.Overrules"/>.</summary>
    public bool Overrules(KnownOutcome other) => Revision > other.Revision || (Revision == other.Revision && ReceivedAt < other.ReceivedAt);

    private static ulong HashOf(JsonNode? actual)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var row in OutcomeLoss.Rows(actual))
        {
            var text = double.TryParse(row, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
                ? (number == 0 ? 0 : number).ToString("R", CultureInfo.InvariantCulture)
                : row;
            var bytes = Encoding.UTF8.GetBytes(text);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return BinaryPrimitives.ReadUInt64LittleEndian(digest);
    }
}
