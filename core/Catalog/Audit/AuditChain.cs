using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Iml4e.Catalog;

/// <summary>One model's hash chain as this process knows it, and the one task that appends to it.</summary>
/// <remarks>
/// Entries 1 … n lie in segment 0, n + 1 … 2n in segment 1, and so on, so that the number of an entry says its blob. An append says at which position it
/// expects to land; when somebody else was faster it is refused, the chain is read on, keys are looked at again, and the entries get new numbers and hashes.
/// A refused append whose first line is found in what was read had been applied, and its answer lost.
/// </remarks>
internal sealed class AuditChain(BlobContainerClient container, DocumentStore indexes, string model, CatalogOptions options, TimeProvider time)
{
    private const int MaxLines = 256;
    private const int MaxBytes = 2 * 1024 * 1024;
    private readonly Lock guard = new();
    private readonly Queue<Pending> waiting = new();
    private readonly Dictionary<UInt128, long> keys = [];
    private readonly int segmentEntries = options.AuditSegmentEntries;
    private bool running;

    private bool known;
    private long head;
    private string? headHash = AuditLine.Zero;
    private long position;

    /// <summary>Appends an entry, or finds the one of its key.</summary>
    /// <returns>The entry appended; or else the number of the one that is there.</returns>
    public Task<(AuditEntry? Entry, long Seq)> AppendAsync(string actor, string name, JsonObject fields, string? key)
    {
        var pending = new Pending(time.GetUtcNow(), actor, name, fields, key);
        lock (guard)
        {
            waiting.Enqueue(pending);
            if (!running)
            {
                running = true;
                _ = Task.Run(DrainAsync);
            }
        }

        return pending.Done.Task;
    }

    /// <summary>Number and hash of the last entry, read now. Not to be called beside <see cref="AppendAsync"/> on the same instance.</summary>
    public async Task<(long Seq, string Hash)> HeadAsync(CancellationToken ct)
    {
        await CatchUpAsync(false, static _ => { }, ct);
        return (head, headHash ?? throw Damaged());
    }

    public static string Segment(string model, long number) => string.Create(CultureInfo.InvariantCulture, $"audit/{model}/{number:D8}.ndjson");

    private async Task DrainAsync()
    {
        while (true)
        {
            var batch = new List<Pending>();
            lock (guard)
            {
                while (batch.Count < MaxLines && waiting.TryDequeue(out var pending))
                    batch.Add(pending);
                if (batch.Count == 0)
                {
                    running = false;
                    return;
                }
            }

            try
            {
                await AppendAsync(batch);
            }
            catch (Exception e)
            {
                // What the head is has become unsure: the next batch reads on before it writes.
                known = false;
                foreach (var pending in batch)
                    pending.Fail(e);
            }
        }
    }

    private async Task AppendAsync(List<Pending> batch)
    {
        var until = DateTime.UtcNow + options.CommitTimeout;
        string? doubtful = null;
        var applied = false;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                if (!known)
                {
                    // A batch that was in doubt and whose first line comes by (even if the reading breaks off later) has been applied as it was composed.
                    await CatchUpAsync(doubtful is not null, hash => applied |= hash == doubtful, CancellationToken.None);
                    if (applied)
                        Complete(batch);
                    known = true;
                    applied = false;
                    doubtful = null;
                }

                var content = Compose(batch, out var composed);
                batch.RemoveAll(p => p.Done.Task.IsCompleted);
                if (batch.Count == 0)
                    return;
                var blob = container.GetAppendBlobClient(Segment(model, head / segmentEntries));
                if (position == 0)
                    await CreateAsync(blob);
                doubtful = composed[0].Composed!.Hash;
                known = false;
                using (var stream = new MemoryStream(content, writable: false))
                {
                    await blob.AppendBlockAsync(
                        stream, new AppendBlobAppendBlockOptions { Conditions = new AppendBlobRequestConditions { IfAppendPositionEqual = position } });
                }

                known = true;
                doubtful = null;
                foreach (var pending in composed)
                    Advance(pending.Composed!.Seq, pending.Composed.Hash, pending.Key);
                position = head % segmentEntries == 0 ? 0 : position + content.Length;
                Complete(batch);
                batch.RemoveAll(p => p.Done.Task.IsCompleted);
                if (batch.Count == 0)
                    return;
                attempt = -1;
            }
            catch (RequestFailedException e) when (BlobFaults.IsPositionMismatch(e) && DateTime.UtcNow < until)
            {
                await Backoff.WaitAsync(attempt, 2, 250, TimeProvider.System, CancellationToken.None);
            }
            catch (Exception e) when (BlobFaults.IsTransient(e) && DateTime.UtcNow < until)
            {
                known = false;
                await Backoff.WaitAsync(attempt, 50, 5000, TimeProvider.System, CancellationToken.None);
            }
            catch (Exception e) when (BlobFaults.IsTransient(e) || (e is RequestFailedException refused && BlobFaults.IsPositionMismatch(refused)))
            {
                throw new CatalogUnavailableException($"the audit log of '{model}' could not be written in time; repeat with the same key", e);
            }
        }
    }

    /// <summary>Lines for those of the batch that are not in the log yet, as many as go into the segment and one append.</summary>
    private byte[] Compose(List<Pending> batch, out List<Pending> composed)
    {
        composed = [];
        using var content = new MemoryStream();
        var seq = head;
        var previous = headHash ?? throw Damaged();
        var own = new Dictionary<UInt128, long>();
        foreach (var pending in batch)
        {
            pending.Composed = null;
            if (pending.Key is { } key)
            {
                if (keys.TryGetValue(key, out var there))
                {
                    pending.Done.TrySetResult((null, there));
                    continue;
                }

                // The same key twice in one batch: the second waits for the next round, and finds the first.
                if (!own.TryAdd(key, 0))
                    continue;
            }

            if (composed.Count > 0 && (seq % segmentEntries == 0 || content.Length > MaxBytes))
                break;
            var entry = AuditLine.Compose(seq + 1, pending.At, pending.Actor, pending.Name, pending.KeyText, pending.Fields);
            var (line, hash) = AuditLine.Seal(previous, entry);
            content.Write(line);
            content.WriteByte((byte)'\n');
            pending.Composed = new AuditEntry(model, ++seq, pending.At, pending.Actor, pending.Name, pending.KeyText, previous = hash, pending.Fields);
            composed.Add(pending);
        }

        return content.ToArray();
    }

    private static void Complete(List<Pending> batch)
    {
        foreach (var pending in batch)
        {
            if (pending.Composed is { } entry)
                pending.Done.TrySetResult((entry, entry.Seq));
        }
    }

    /// <summary>Reads the chain on from where it is known, every line itself or whole segments by the index of their keys.</summary>
    private async Task CatchUpAsync(bool everyLine, Action<string> see, CancellationToken ct)
    {
        while (true)
        {
            var segment = head / segmentEntries;
            var index = $"{model}/{segment.ToString("D8", CultureInfo.InvariantCulture)}.json";
            if (position == 0 && !everyLine && await indexes.ReadAsync<AuditKeyIndex>(index, ct) is { } whole)
            {
                foreach (var (key, seq) in whole.Value.Keys)
                    keys[UInt128.Parse(key, NumberStyles.HexNumber, CultureInfo.InvariantCulture)] = seq;
                head = (segment + 1) * segmentEntries;
                headHash = whole.Value.Hash;
                continue;
            }

            if (!await ReadSegmentAsync(segment, see, ct))
                return;
            if (headHash is { } last)
            {
                // A whole segment never changes: its keys are kept apart, so that a new process need not read all there ever was.
                var first = segment * segmentEntries;
                var ofSegment = keys.Where(k => k.Value > first).ToDictionary(k => k.Key.ToString("x32", CultureInfo.InvariantCulture), k => k.Value);
                await indexes.GetOrCreateAsync(index, new AuditKeyIndex(last, ofSegment), ct);
            }
        }
    }

    /// <summary>Reads on in a segment; true when it is full.</summary>
    private async Task<bool> ReadSegmentAsync(long segment, Action<string> see, CancellationToken ct)
    {
        await foreach (var (line, ended) in BlobLines.ReadAsync(container, Segment(model, segment), position, ct))
        {
            if (!ended)
                throw Damaged();
            position += line.Length + 1;
            try
            {
                var entry = AuditLine.Read(model, line);
                Advance(head + 1, entry.Seq == head + 1 ? entry.Hash : null, entry.Key is null ? null : Pending.HashKey(entry.Key));
                see(entry.Hash);
            }
            catch (FormatException)
            {
                // Verification names it. It matters here only when it is the last: then there is nothing to chain to.
                Advance(head + 1, null, null);
            }

            if (head == (segment + 1) * segmentEntries)
            {
                position = 0;
                return true;
            }
        }

        return false;
    }

    private void Advance(long seq, string? hash, UInt128? key)
    {
        head = seq;
        headHash = hash;
        if (key is { } k)
            keys.TryAdd(k, seq);
    }

    private AuditLogDamagedException Damaged() => new($"the audit log of '{model}' is damaged at entry {head}: nothing can be chained to it");

    private static async Task CreateAsync(AppendBlobClient blob)
    {
        try
        {
            await blob.CreateAsync(new AppendBlobCreateOptions
            {
                Conditions = new AppendBlobRequestConditions { IfNoneMatch = ETag.All },
                HttpHeaders = new BlobHttpHeaders { ContentType = "application/x-ndjson" },
            });
        }
        catch (RequestFailedException e) when (BlobFaults.IsConflict(e))
        {
            // Somebody made it; the position decides who writes first.
        }
    }

    private sealed class Pending(DateTimeOffset at, string actor, string name, JsonObject fields, string? key)
    {
        public DateTimeOffset At { get; } = at;

        public string Actor { get; } = actor;

        public string Name { get; } = name;

        public JsonObject Fields { get; } = fields;

        public string? KeyText { get; } = key;

        public UInt128? Key { get; } = key is null ? null : HashKey(key);

        public AuditEntry? Composed { get; set; }

        public TaskCompletionSource<(AuditEntry? Entry, long Seq)> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public static UInt128 HashKey(string key)
            => System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

        public void Fail(Exception e)
        {
            Done.TrySetException(e);
            _ = Done.Task.Exception;
        }
    }
}

/// <summary>The keys of a full segment, hashed, and the hash of its last entry.</summary>
/// <param name="Hash">Of the last entry.</param>
/// <param name="Keys">First 128 bits of SHA-256 of the key, hexadecimal, to the entry's number.</param>
internal sealed record AuditKeyIndex(string Hash, Dictionary<string, long> Keys);
