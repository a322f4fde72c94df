using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Iml4e.Catalog;

/// <summary>The newest entries of all models' audit logs, kept in memory and read on by length.</summary>
/// <remarks>
/// A token names the time it has come to and, for models that had an entry in the five minutes before, the number reached; so it stays small however many
/// models there are, and no entry is missed unless its writer's clock was more than five minutes late.
/// </remarks>
internal sealed class AuditTails(BlobContainerClient container) : IDisposable
{
    private const int Kept = 500;
    private const int FirstRead = 128 * 1024;
    private const long Window = 5 * 60 * 1000;
    private readonly SemaphoreSlim once = new(1, 1);
    private readonly Dictionary<string, Tail> tails = new(StringComparer.Ordinal);

    public async Task<AuditFeed> ReadAsync(string? token, int max, CancellationToken ct)
    {
        var after = Open(token);
        await once.WaitAsync(ct);
        try
        {
            await RefreshAsync(ct);
            var fresh = tails.Values.SelectMany(t => t.Entries).Where(e => after is null || IsAfter(e, after)).OrderBy(e => e.At).ThenBy(e => e.Model)
                .ThenBy(e => e.Seq);
            var events = after is null ? fresh.TakeLast(max).ToArray() : fresh.Take(max).ToArray();

            // A page that is cut off by max must not run ahead of entries that are left for the next.
            var at = Math.Max(after?.At ?? 0, events.Length > 0 ? events[^1].At.ToUnixTimeMilliseconds() : 0);
            var seen = after is null ? new Dictionary<string, long>() : new Dictionary<string, long>(after.Seen);
            foreach (var entry in after is null ? tails.Values.SelectMany(t => t.Entries).Where(e => e.At.ToUnixTimeMilliseconds() <= at) : events)
                seen[entry.Model] = Math.Max(seen.GetValueOrDefault(entry.Model), entry.Seq);
            foreach (var model in seen.Keys.Where(m => !tails.TryGetValue(m, out var t) || t.Entries.Count == 0 || t.NewestAt < at - Window).ToArray())
                seen.Remove(model);
            return new AuditFeed(events, Seal(new Token(at, seen)));
        }
        finally
        {
            once.Release();
        }
    }

    public void Dispose() => once.Dispose();

    private static bool IsAfter(AuditEntry entry, Token after)
        => after.Seen.TryGetValue(entry.Model, out var seq) ? entry.Seq > seq : entry.At.ToUnixTimeMilliseconds() >= after.At - Window;

    private static string Seal(Token token) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(token, TailJson.Default.Token));

    private static Token? Open(string? token)
    {
        if (string.IsNullOrEmpty(token))
            return null;
        try
        {
            if (token.Length <= 64 * 1024 && JsonSerializer.Deserialize(Base64Url.DecodeFromChars(token), TailJson.Default.Token) is { Seen: not null } read)
                return read;
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            // Falls through to the one message for all that is not a token.
        }

        throw new CatalogArgumentException("after: not a token of the event feed");
    }

    private async Task RefreshAsync(CancellationToken ct)
    {
        var grown = new List<(string Model, string Blob, long Length)>();
        await foreach (var item in container.GetBlobsAsync(prefix: "audit/", cancellationToken: ct))
        {
            var parts = item.Name.Split('/');
            var length = item.Properties.ContentLength ?? 0;
            if (parts.Length != 3 || length == 0)
                continue;
            var tail = tails.GetValueOrDefault(parts[1]);
            var order = tail is null ? 1 : string.CompareOrdinal(item.Name, tail.Blob);
            if (order > 0 || (order == 0 && length > tail!.Offset))
            {
                // A log that is new to us is read from its last segment only; one that we follow, from where we are.
                if (tail is null)
                    grown.RemoveAll(g => g.Model == parts[1]);
                grown.Add((parts[1], item.Name, length));
            }
        }

        foreach (var window in grown.GroupBy(g => g.Model).Chunk(8))
        {
            await Task.WhenAll(window.Select(async segments =>
            {
                Tail tail;
                lock (tails)
                {
                    if (!tails.TryGetValue(segments.Key, out tail!))
                        tails.Add(segments.Key, tail = new Tail());
                }

                foreach (var (model, blob, length) in segments)
                    await ReadTailAsync(tail, model, blob, length, ct);
            }));
        }
    }

    private async Task ReadTailAsync(Tail tail, string model, string blob, long length, CancellationToken ct)
    {
        var start = tail.Blob == blob ? tail.Offset : tail.Blob.Length == 0 ? Math.Max(0, length - FirstRead) : 0;
        var inside = tail.Blob.Length == 0 && start > 0;
        byte[] bytes;
        try
        {
            var answer = await container.GetBlobClient(blob).DownloadContentAsync(new BlobDownloadOptions { Range = new HttpRange(start, length - start) }, ct);
            bytes = answer.Value.Content.ToArray();
        }
        catch (RequestFailedException e) when (e.Status == 416 || BlobFaults.IsBlobMissing(e))
        {
            return;
        }

        var rest = bytes.AsSpan();
        var taken = 0;
        while (rest.IndexOf((byte)'\n') is var end && end >= 0)
        {
            if (!inside)
                tail.Add(model, rest[..end]);
            inside = false;
            rest = rest[(end + 1)..];
            taken += end + 1;
        }

        tail.Blob = blob;
        tail.Offset = start + taken;
        if (tail.Entries.Count > Kept)
            tail.Entries.RemoveRange(0, tail.Entries.Count - Kept);
    }

    private sealed class Tail
    {
        public string Blob { get; set; } = "";

        public long Offset { get; set; }

        public List<AuditEntry> Entries { get; } = [];

        public long NewestAt => Entries.Max(e => e.At.ToUnixTimeMilliseconds());

        public void Add(string model, ReadOnlySpan<byte> line)
        {
            try
            {
                Entries.Add(AuditLine.Read(model, line));
            }
            catch (FormatException)
            {
                // A damaged line has nothing to show; verification names it.
            }
        }
    }

    /// <param name="At">Unix milliseconds come to.</param>
    /// <param name="Seen">Numbers reached, of models with an entry in the window before.</param>
    internal sealed record Token(long At, Dictionary<string, long> Seen);
}

/// <summary>Generated serialiser of feed tokens.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AuditTails.Token))]
internal sealed partial class TailJson : JsonSerializerContext;
