using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;

namespace Iml4e.Catalog;

/// <summary>
/// What was decided about each model, by whom and why: one hash chain a model, append-only, the same whichever process writes.
/// </summary>
/// <remarks>
/// hash = SHA-256(previous hash in hexadecimal + canonical JSON of the entry), beginning with 64 zeros. A chain shows that something was changed; whoever may
/// rewrite the whole of it could hide that, and only the anchors (kept where nobody may change them, such as a container under an immutability policy) show
/// him up.
/// </remarks>
public sealed class AuditLog : IDisposable
{
    private const int MaxEntryBytes = 256 * 1024;
    private readonly BlobContainerClient container;
    private readonly DocumentStore indexes;
    private readonly DocumentStore anchors;
    private readonly CatalogOptions options;
    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<string, AuditChain> chains = new(StringComparer.Ordinal);
    private readonly AuditTails tails;

    internal AuditLog(BlobContainerClient container, DocumentStore indexes, DocumentStore anchors, CatalogOptions options, TimeProvider time)
    {
        this.container = container;
        this.indexes = indexes;
        this.anchors = anchors;
        this.options = options;
        this.time = time;
        tails = new AuditTails(container);
    }

    /// <summary>Appends an entry; returns when the storage has it. The same key gives the entry that was appended first, whichever process did.</summary>
    /// <param name="model">The model.</param>
    /// <param name="actor">Who.</param>
    /// <param name="name">The event, such as "Promoted".</param>
    /// <param name="fields">All else; not the log's own members seq, at, actor, event, key, hash.</param>
    /// <param name="key">Idempotency key; null = none.</param>
    /// <param name="ct">Ends the waiting, not the append.</param>
    /// <exception cref="ArgumentException">A name is not valid, a field is the log's own, or the entry is larger than 256 KiB.</exception>
    /// <exception cref="FormatException">The fields have no canonical JSON.</exception>
    /// <exception cref="CatalogUnavailableException">The storage did not answer in time.</exception>
    /// <exception cref="AuditLogDamagedException">The last entry cannot be read, so nothing can be chained to it.</exception>
    public async Task<AuditEntry> AppendAsync(
        string model, string actor, string name, JsonObject? fields = null, string? key = null, CancellationToken ct = default)
    {
        ResourceName.Check(model, "model");
        ArgumentException.ThrowIfNullOrWhiteSpace(actor);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (key is not null)
            KeyRule.Check(key);
        fields = fields is null ? [] : (JsonObject)fields.DeepClone();
        AuditLine.CheckFields(fields);
        var size = CanonicalJson.Serialize(AuditLine.Compose(long.MaxValue, time.GetUtcNow(), actor, name, key, fields)).Length;
        if (size > MaxEntryBytes)
            throw new CatalogArgumentException($"the audit entry is too large: {size} bytes, at most {MaxEntryBytes}");
        var chain = chains.GetOrAdd(model, static (m, log) => new AuditChain(log.container, log.indexes, m, log.options, log.time), this);
        var (entry, seq) = await chain.AppendAsync(actor, name, fields, key).WaitAsync(ct);
        if (entry is not null)
            return entry;
        await foreach (var there in ReadAsync(model, seq, ct))
            return there;
        throw new AuditLogDamagedException($"entry {seq} of the audit log of '{model}' is gone");
    }

    /// <summary>The entries from a number on, oldest first.</summary>
    /// <exception cref="AuditLogDamagedException">An entry cannot be read.</exception>
    public async IAsyncEnumerable<AuditEntry> ReadAsync(string model, long from = 1, [EnumeratorCancellation] CancellationToken ct = default)
    {
        ResourceName.Check(model, "model");
        from = Math.Max(1, from);
        var segment = (from - 1) / options.AuditSegmentEntries;
        var seq = segment * options.AuditSegmentEntries;
        do
        {
            await foreach (var (line, _) in BlobLines.ReadAsync(container, AuditChain.Segment(model, segment), 0, ct))
            {
                if (++seq >= from)
                    yield return Read(model, seq, line);
            }

            segment++;
        }
        while (seq == segment * options.AuditSegmentEntries);
    }

    /// <summary>
    /// The entries after a bookmark, oldest first, each with the bookmark after it: who follows a log reads what is new, and not its segment from the start.
    /// </summary>
    /// <exception cref="AuditLogDamagedException">An entry cannot be read.</exception>
    public async IAsyncEnumerable<(AuditEntry Entry, AuditBookmark After)> ReadOnAsync(
        string model, AuditBookmark from = default, [EnumeratorCancellation] CancellationToken ct = default)
    {
        ResourceName.Check(model, "model");
        var (seq, offset) = from;
        long before;
        do
        {
            before = seq;
            await foreach (var (line, ended) in BlobLines.ReadAsync(container, AuditChain.Segment(model, seq / options.AuditSegmentEntries), offset, ct))
            {
                if (!ended)
                    throw new AuditLogDamagedException($"entry {seq + 1} of the audit log of '{model}' is not whole");
                seq++;
                offset = seq % options.AuditSegmentEntries == 0 ? 0 : offset + line.Length + 1;
                yield return (Read(model, seq, line), new AuditBookmark(seq, offset));
            }
        }
        while (seq > before && offset == 0);
    }

    /// <summary>Checks every entry, and the anchors.</summary>
    public async Task<AuditVerification> VerifyAsync(string model, CancellationToken ct = default)
    {
        ResourceName.Check(model, "model");
        var anchored = await AnchorsAsync(model, ct);
        long seq = 0;
        var head = AuditLine.Zero;
        foreach (var segment in await SegmentsAsync(model, ct))
        {
            if (seq != segment * options.AuditSegmentEntries)
                return new AuditVerification(false, seq, head, seq + 1, "gap");
            await foreach (var (line, ended) in BlobLines.ReadAsync(container, AuditChain.Segment(model, segment), 0, ct))
            {
                var problem = ended ? AuditLine.Verify(line, seq + 1, head, out var hash) : Fail(out hash);
                if (problem is null && anchored.TryGetValue(seq + 1, out var anchor) && anchor != hash)
                    problem = "anchor-mismatch";
                if (problem is not null)
                    return new AuditVerification(false, seq, head, seq + 1, problem);
                seq++;
                head = hash;
            }
        }

        return anchored.Count > 0 && anchored.Keys.Max() > seq
            ? new AuditVerification(false, seq, head, seq + 1, "truncated")
            : new AuditVerification(true, seq, head, null, null);
    }

    /// <summary>
    /// Notes number and hash of the last entry beside the log, once for each; verification then also finds entries cut off the end, and a chain rewritten as
    /// a whole. Null when there is no entry.
    /// </summary>
    public async Task<(long Seq, string Hash)?> AnchorAsync(string model, CancellationToken ct = default)
    {
        ResourceName.Check(model, "model");
        var (seq, hash) = await new AuditChain(container, indexes, model, options, time).HeadAsync(ct);
        if (seq == 0)
            return null;
        await anchors.GetOrCreateAsync(
            string.Create(CultureInfo.InvariantCulture, $"{model}/{seq:D12}-{hash}.json"), new AuditAnchor(model, seq, hash, time.GetUtcNow()), ct);
        return (seq, hash);
    }

    /// <summary>
    /// What was appended to the logs of all models since the last call: one listing, and a read of each log that has grown. Without a token the newest entries.
    /// Entries that cannot be read are left out; verification names them.
    /// </summary>
    /// <param name="afterToken"><see cref="AuditFeed.Next"/> of the call before; null or "" = the newest there are.</param>
    /// <param name="max">Most entries.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="ArgumentException">The token is none.</exception>
    public Task<AuditFeed> ReadRecentAsync(string? afterToken = null, int max = 100, CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        return tails.ReadAsync(afterToken, max, ct);
    }

    /// <summary>Ends the event feed.</summary>
    public void Dispose() => tails.Dispose();

    private static string Fail(out string hash)
    {
        hash = "";
        return "unreadable";
    }

    private static AuditEntry Read(string model, long seq, byte[] line)
    {
        try
        {
            return AuditLine.Read(model, line);
        }
        catch (FormatException)
        {
            throw new AuditLogDamagedException($"entry {seq} of the audit log of '{model}' cannot be read");
        }
    }

    private async Task<List<long>> SegmentsAsync(string model, CancellationToken ct)
    {
        var prefix = $"audit/{model}/";
        var found = new List<long>();
        await foreach (var item in container.GetBlobsAsync(prefix: prefix, cancellationToken: ct))
        {
            // Created and not yet written to: nothing to verify.
            if (item.Properties.ContentLength > 0
                && long.TryParse(
                    Path.GetFileNameWithoutExtension(item.Name.AsSpan()[prefix.Length..]), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                found.Add(number);
        }

        return found;
    }

    private async Task<Dictionary<long, string>> AnchorsAsync(string model, CancellationToken ct)
    {
        var found = new Dictionary<long, string>();
        await foreach (var entry in anchors.ListAsync(model + "/", ct))
        {
            var name = Path.GetFileNameWithoutExtension(entry.Path.AsSpan()[(model.Length + 1)..]);
            if (name.Length == 12 + 1 + 64 && long.TryParse(name[..12], NumberStyles.None, CultureInfo.InvariantCulture, out var seq))
                found.TryAdd(seq, name[13..].ToString());
        }

        return found;
    }
}

/// <summary>Number and hash of an entry, noted beside the log.</summary>
internal sealed record AuditAnchor(string Model, long Seq, string Hash, DateTimeOffset At);
