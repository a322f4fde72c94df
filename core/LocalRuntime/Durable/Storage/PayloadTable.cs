using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Iml4e.LocalRuntime.Durable.History;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>
/// Large payloads, each kept once under its SHA-256 as long as something uses it; inputs, outputs, histories, and states and inputs of entities carry a
/// reference instead. So a turn that only waits for a result reads none of the inputs that it once gave.
/// </summary>
internal static class PayloadTable
{
    /// <summary>What the format of the database adds in which entities use payloads too.</summary>
    public const string Schema = """
        DROP INDEX payload_uses_digest;
        ALTER TABLE payload_uses RENAME TO old_payload_uses;
        CREATE TABLE payload_uses (
            kind INTEGER NOT NULL,
            owner NOT NULL,
            digest BLOB NOT NULL,
            PRIMARY KEY (kind, owner, digest)
        ) WITHOUT ROWID;
        CREATE INDEX payload_uses_digest ON payload_uses (digest);
        INSERT INTO payload_uses SELECT 0, execution, digest FROM old_payload_uses;
        DROP TABLE old_payload_uses;
        """;

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
        var kept = Store(database, payload);
        Use(database, PayloadOwner.Execution(execution), kept);
        return kept;
    }

    /// <summary>Keeps a payload in place of all that its owner has kept before; gives what stands for it.</summary>
    public static string? Replace(StoreDatabase database, PayloadOwner owner, string? payload)
    {
        var before = Uses(database, owner);
        var kept = Store(database, payload);
        Use(database, owner, kept);
        foreach (var digest in before)
        {
            if (Reference(digest) != kept)
                Release(database, owner, digest);
        }

        return kept;
    }

    /// <summary>Stores a payload and gives what stands for it; it stays only if it is <see cref="Use">used</see> in the same transaction.</summary>
    public static string? Store(StoreDatabase database, string? payload)
    {
        if (!IsKeptApart(payload))
            return payload;
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(payload));
        database.Execute("INSERT OR IGNORE INTO payloads (digest, payload) VALUES ($0, $1)", digest, payload);
        return Reference(digest);
    }

    /// <summary>Notes that the payload that a text stands for is used, if it stands for one.</summary>
    public static void Use(StoreDatabase database, PayloadOwner owner, string? kept)
    {
        if (IsReference(kept))
            database.Execute("INSERT OR IGNORE INTO payload_uses (kind, owner, digest) VALUES ($0, $1, $2)", owner.Kind, owner.Key, Digest(kept));
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
        var found = database.Query("SELECT payload FROM payloads WHERE digest = $0", row => row.GetString(0), Digest(text));
        return found.Count == 1 ? found[0] : throw new InvalidDataException($"The payload {text[1..]} is not in the store.");
    }

    /// <summary>Gives up what an owner has kept; what no other uses is removed.</summary>
    public static void Release(StoreDatabase database, PayloadOwner owner)
    {
        foreach (var digest in Uses(database, owner))
            Release(database, owner, digest);
    }

    private static void Release(StoreDatabase database, PayloadOwner owner, byte[] digest)
    {
        database.Execute("DELETE FROM payload_uses WHERE kind = $0 AND owner = $1 AND digest = $2", owner.Kind, owner.Key, digest);
        database.Execute("DELETE FROM payloads WHERE digest = $0 AND NOT EXISTS (SELECT 1 FROM payload_uses WHERE digest = $0)", digest);
    }

    private static List<byte[]> Uses(StoreDatabase database, PayloadOwner owner) => database.Query(
        "SELECT digest FROM payload_uses WHERE kind = $0 AND owner = $1", row => row.GetFieldValue<byte[]>(0), owner.Kind, owner.Key);

    private static string Reference(byte[] digest) => Mark + Convert.ToHexString(digest);

    private static byte[] Digest(string reference) => Convert.FromHexString(reference.AsSpan(1));

    private static bool IsKeptApart([NotNullWhen(true)] string? payload) =>
        payload is not null && (IsReference(payload) || (payload.Length > InlineBytes / 3 && Encoding.UTF8.GetByteCount(payload) > InlineBytes));
}
