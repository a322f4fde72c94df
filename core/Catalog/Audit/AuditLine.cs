using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Iml4e.Catalog;

/// <summary>
/// A line of an audit log: the canonical JSON of {seq, at, actor, event, key?, fields…} with a member "hash", which is
/// SHA-256(previous hash in hexadecimal + canonical JSON of the entry without "hash").
/// </summary>
internal static class AuditLine
{
    /// <summary>The hash before the first entry.</summary>
    public static readonly string Zero = new('0', 64);

    private static readonly string[] Reserved = ["seq", "at", "actor", "event", "key", "hash"];

    /// <exception cref="ArgumentException">A field has a name that the log gives itself.</exception>
    public static void CheckFields(JsonObject fields)
    {
        foreach (var name in Reserved)
        {
            if (fields.ContainsKey(name))
                throw new CatalogArgumentException($"fields: '{name}' is the log's own member");
        }
    }

    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture);

    public static JsonObject Compose(long seq, DateTimeOffset at, string actor, string name, string? key, JsonObject fields)
    {
        var entry = (JsonObject)fields.DeepClone();
        entry["seq"] = seq;
        entry["at"] = Time(at);
        entry["actor"] = actor;
        entry["event"] = name;
        if (key is not null)
            entry["key"] = key;
        return entry;
    }

    public static string Hash(string previous, ReadOnlySpan<byte> canonical)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.ASCII.GetBytes(previous));
        hash.AppendData(canonical);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The bytes of the line, without its line break, and its hash.</summary>
    public static (byte[] Line, string Hash) Seal(string previous, JsonObject entry)
    {
        var hash = Hash(previous, CanonicalJson.Serialize(entry));
        entry["hash"] = hash;
        return (CanonicalJson.Serialize(entry), hash);
    }

    /// <exception cref="FormatException">The line is none of an audit log.</exception>
    public static AuditEntry Read(string model, ReadOnlySpan<byte> line)
    {
        try
        {
            if (JsonNode.Parse(line) is not JsonObject entry)
                throw new FormatException("not an object");
            var read = new AuditEntry(
                model,
                entry["seq"]!.GetValue<long>(),
                DateTimeOffset.Parse(entry["at"]!.GetValue<string>(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
                entry["actor"]!.GetValue<string>(),
                entry["event"]!.GetValue<string>(),
                entry["key"]?.GetValue<string>(),
                entry["hash"]!.GetValue<string>(),
                entry);
            foreach (var name in Reserved)
                entry.Remove(name);
            return read;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or ArgumentException)
        {
            throw new FormatException("not a line of an audit log", e);
        }
    }

    /// <summary>What is wrong with a line that should be the given one; null when nothing is, and then its hash.</summary>
    public static string? Verify(ReadOnlyMemory<byte> line, long seq, string previous, out string hash)
    {
        hash = "";
        try
        {
            if (!CanonicalJson.Canonicalize(line).AsSpan().SequenceEqual(line.Span))
                return "not-canonical";
            if (JsonNode.Parse(line.Span) is not JsonObject entry || entry["hash"] is not JsonValue stored || !stored.TryGetValue<string>(out var text))
                return "unreadable";
            if (entry["seq"] is not JsonValue number || !number.TryGetValue<long>(out var found))
                return "unreadable";
            if (found != seq)
                return "gap";
            entry.Remove("hash");
            hash = Hash(previous, CanonicalJson.Serialize(entry));
            return hash == text ? null : "hash-mismatch";
        }
        catch (Exception e) when (e is FormatException or JsonException or ArgumentException or InvalidOperationException)
        {
            return "unreadable";
        }
    }
}
