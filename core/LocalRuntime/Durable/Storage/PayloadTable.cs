using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Iml4e.LocalRuntime.Durable.History;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>
/// Large payloads, each kept once under its SHA-256 as long as an execution uses it; inputs, outputs and histories carry a reference instead. So a turn that
/// only waits for a result reads none of the inputs that it once gave.
/// </summary>
internal static class PayloadTable
{
    /// <summary>Payloads of more bytes in UTF-8 are kept apart.</summary>
    public const int InlineBytes = 32 * 1024;

    // No payload that is kept as it is begins with this character.
    private const char Mark = '\u0001';

    /// <summary>Whether the text stands for a payload that is kept apart.</summary>
    public static bool IsReference([NotNullWhen(true)] string? text) => text is { Length: > 0 } && text[0] == Mark;

    /// <summary>Whether what was kept stands for a payload.</summary>
    public static bool StandsFor(string? kept, string? payload) => kept == payload || (IsReference(kept) && payload is not null
        && kept.AsSpan(1).SequenceEqual(Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(payload)))));

    /// <summary>Keeps a payload for an execution; gives what stands for it: itself if it is small.</summary>
    public static string? Keep(StoreDatabase database, long execution, string? payload)
    {
        if (!IsKeptApart(payload))
            return payload;
        var bytes = Encoding.UTF8.GetBytes(payload);
        var digest = SHA256.HashData(bytes);
        database.Execute("INSERT OR IGNORE INTO payloads (digest, payload) VALUES ($0, $1)", digest, payload);
        database.Execute("INSERT OR IGNORE INTO payload_uses (execution, digest) VALUES ($0, $1)", execution, digest);
        return Mark + Convert.ToHexString(digest);
    }

    /// <summary>Keeps what an event carries.</summary>
    public static HistoryEvent Keep(StoreDatabase database, long execution, HistoryEvent item) => IsKeptApart(item.Input) || IsKeptApart(item.Result)
        ? item with { Input = Keep(database, execution, item.Input), Result = Keep(database, execution, item.Result) }
        : item;

    /// <summary>The payload that a text stands for.</summary>
    /// <exception cref="InvalidDataException">It is not there.</exception>
    public static string? Read(StoreDatabase database, string? text)
    {
        if (!IsReference(text))
            return text;
        var found = database.Query("SELECT payload FROM payloads WHERE digest = $0", row => row.GetString(0), Convert.FromHexString(text.AsSpan(1)));
        return found.Count == 1 ? found[0] : throw new InvalidDataException($"The payload {text[1..]} is not in the store.");
    }

    /// <summary>Gives up what an execution has kept; what no other uses is removed.</summary>
    public static void Release(StoreDatabase database, long execution)
    {
        var digests = database.Query("SELECT digest FROM payload_uses WHERE execution = $0", row => row.GetFieldValue<byte[]>(0), execution);
        if (digests.Count == 0)
            return;
        database.Execute("DELETE FROM payload_uses WHERE execution = $0", execution);
        foreach (var digest in digests)
            database.Execute("DELETE FROM payloads WHERE digest = $0 AND NOT EXISTS (SELECT 1 FROM payload_uses WHERE digest = $0)", digest);
    }

    private static bool IsKeptApart([NotNullWhen(true)] string? payload) =>
        payload is not null && (IsReference(payload) || (payload.Length > InlineBytes / 3 && Encoding.UTF8.GetByteCount(payload) > InlineBytes));
}
