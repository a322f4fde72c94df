using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Iml4e.Catalog;

/// <summary>
/// A log of records as lines of JSON: append blobs "log/model/day/worker-number.ndjson", written by <see cref="LogAppender"/>, read on from a cursor.
/// </summary>
/// <remarks>
/// The day in a blob's name is that of the write by the writer's clock. A day is closed two hours after its end: writers do not add to it any more (each looks
/// at its clock before every append), so a reader that has read it to its end then forgets it.
/// </remarks>
internal sealed class RecordLog<T> : IAsyncDisposable
    where T : class
{
    /// <summary>Longest line.</summary>
    public const int MaxLine = 512 * 1024;

    // Small enough that a range of many small appends is not too much for the emulator, which opens a file for each of them.
    private const int Chunk = 1024 * 1024;
    private const int Probe = 64 * 1024;

    // Within a day's blob a record may be this much later than its neighbours (a shadow's, one that had to wait), and is still found by its time.
    private const long LateMilliseconds = 15 * 60 * 1000;
    private static readonly TimeSpan Grace = TimeSpan.FromHours(2);
    private readonly BlobContainerClient container;
    private readonly string name;
    private readonly JsonTypeInfo<T> type;
    private readonly CatalogOptions options;
    private readonly string writer;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentDictionary<(string Model, string Owner), LogAppender> appenders = new();

    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer)? scratch;

    public RecordLog(BlobContainerClient container, string name, JsonTypeInfo<T> type, CatalogOptions options, string writer, TimeProvider time)
    {
        this.container = container;
        this.name = name;
        this.type = type;
        this.options = options;
        this.writer = writer;
        this.time = time;
    }

    /// <summary>The record as a line with its line break, in a buffer that the thread's next call uses again.</summary>
    public ReadOnlyMemory<byte> Line(T record) => Line((record, type), static (json, what) => JsonSerializer.Serialize(json, what.record, what.type));

    /// <summary>What the writer writes as a line with its line break, in a buffer that the thread's next call uses again.</summary>
    public static ReadOnlyMemory<byte> Line<TState>(TState state, Action<Utf8JsonWriter, TState> write)
    {
        var (buffer, json) = scratch ??= NewScratch();
        buffer.ResetWrittenCount();
        json.Reset(buffer);
        write(json, state);
        json.Flush();
        buffer.Write("\n"u8);
        var line = buffer.WrittenMemory;
        if (line.Length > MaxLine)
            scratch = null;
        return line;
    }

    /// <summary>Appends a line of <see cref="Line"/>; no await may lie between the two.</summary>
    public Task AppendAsync(ReadOnlyMemory<byte> line, string model, string owner, string? day, Durability durability, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(stop.IsCancellationRequested, this);
        var appender = appenders.GetOrAdd(
            (model, owner),
            static (key, log) => new LogAppender(
                log.container, $"{log.name}/{key.Model}/", $"{log.name}-late/{key.Model}/", key.Owner, log.writer, log.options, log.time, log.stop.Token),
            this);
        var durable = durability == Durability.Durable;
        if (appender.TryEnqueue(line.Span, day, durable, out var done))
            return durable ? CommittedAsync(done, ct) : Task.CompletedTask;

        // The buffer is the thread's: what has to wait waits as a copy.
        return LaterAsync(appender, line.ToArray(), day, durable, ct);
    }

    /// <summary>Records that were accepted and could not be written when the log ended.</summary>
    public long Lost => appenders.Values.Sum(a => a.Lost);

    public async Task FlushAsync(CancellationToken ct)
    {
        foreach (var appender in appenders.Values)
            await appender.FlushAsync(ct);
    }

    /// <summary>Reads on.</summary>
    /// <param name="model">The model.</param>
    /// <param name="cursor">From where.</param>
    /// <param name="maxBytes">About how much.</param>
    /// <param name="form">How lines are read; null = with all members.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<LogBatch<T>> ReadAsync(string model, LogCursor cursor, int maxBytes, JsonTypeInfo<T>? form, CancellationToken ct)
    {
        form ??= type;
        cursor.Check();
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 1);
        var root = $"{name}/{model}/";
        var open = LogCursor.Day(time.GetUtcNow() - Grace);
        var offsets = cursor.Blobs.ToDictionary();
        var records = new List<T>();
        var seen = new HashSet<UInt128>();
        var skipped = 0;
        long budget = maxBytes;
        string? stoppedAt = null;
        foreach (var day in await DaysAsync(root, cursor.From, ct))
        {
            await foreach (var item in container.GetBlobsAsync(prefix: $"{root}{day}/", cancellationToken: ct))
            {
                var key = item.Name[root.Length..];
                var length = item.Properties.ContentLength ?? 0;
                var offset = offsets.GetValueOrDefault(key);
                while (offset < length && budget > 0)
                {
                    var count = Math.Min(length - offset, Math.Clamp(budget, MaxLine, Chunk));
                    var chunk = await RangeAsync(item.Name, offset, count, ct);
                    var whole = chunk.Span.LastIndexOf((byte)'\n') + 1;
                    if (whole == 0 && chunk.Length < MaxLine)
                        break; // The rest of the line is still to come.
                    skipped += whole == 0 ? 1 : Take(chunk.Span[..whole], records, seen, form);
                    offset += whole == 0 ? chunk.Length : whole;
                    budget -= whole == 0 ? chunk.Length : whole;
                    offsets[key] = offset;
                }

                if (offset < length && budget <= 0)
                    stoppedAt ??= day;
            }

            if (stoppedAt is not null)
                break;
        }

        var from = stoppedAt is not null && string.CompareOrdinal(stoppedAt, open) < 0 ? stoppedAt : open;
        if (cursor.From is not null && string.CompareOrdinal(from, cursor.From) < 0)
            from = cursor.From;
        var next = new LogCursor { From = from, Blobs = Kept(offsets, from) };
        return new LogBatch<T>(records, next, stoppedAt is null, skipped);
    }

    /// <summary>
    /// The records whose ids are of the time from (inclusive) to (exclusive), in the order of each worker's log, a day after the other; those that were logged
    /// on a later day come with that day. One range of a blob at a time is in memory.
    /// </summary>
    public async IAsyncEnumerable<T> WindowAsync(
        string model, long from, long to, Func<string, long> timeOf, [EnumeratorCancellation] CancellationToken ct)
    {
        var root = $"{name}/{model}/";
        var (first, last) = (LogCursor.Day(DateTimeOffset.FromUnixTimeMilliseconds(from)), LogCursor.Day(DateTimeOffset.FromUnixTimeMilliseconds(to - 1)));
        var folders = new List<string>();
        await foreach (var item in container.GetBlobsByHierarchyAsync(prefix: root, delimiter: "/", cancellationToken: ct))
        {
            if (item.IsPrefix && item.Prefix[root.Length..^1] is var day && LogCursor.IsDay(day)
                && string.CompareOrdinal(day, first) >= 0 && string.CompareOrdinal(day, last) <= 0)
                folders.Add(item.Prefix);
        }

        folders.AddRange(await LateAsync(model, first, last, ct));
        foreach (var folder in folders)
        {
            await foreach (var item in container.GetBlobsAsync(prefix: folder, cancellationToken: ct))
            {
                await foreach (var record in WindowAsync(item.Name, item.Properties.ContentLength ?? 0, from, to, timeOf, ct))
                    yield return record;
            }
        }
    }

    /// <summary>Where, beyond the last day, records with ids of the days were logged: "log/model/day/owner-".</summary>
    private async Task<IReadOnlyCollection<string>> LateAsync(string model, string first, string last, CancellationToken ct)
    {
        var folders = new SortedSet<string>(StringComparer.Ordinal);
        var root = $"{name}-late/{model}/";
        await foreach (var item in container.GetBlobsAsync(prefix: root, cancellationToken: ct))
        {
            // day of the id / owner / day of the log
            if (item.Name[root.Length..].Split('/') is [var day, var owner, var logged]
                && string.CompareOrdinal(day, first) >= 0 && string.CompareOrdinal(day, last) <= 0 && string.CompareOrdinal(logged, last) > 0)
                folders.Add($"{name}/{model}/{logged}/{owner}-");
        }

        return folders;
    }

    private async IAsyncEnumerable<T> WindowAsync(
        string blob, long length, long from, long to, Func<string, long> timeOf, [EnumeratorCancellation] CancellationToken ct)
    {
        var offset = await BisectAsync(blob, length, from - LateMilliseconds, timeOf, ct);
        var inside = offset > 0;
        var seen = new HashSet<UInt128>();
        while (offset < length)
        {
            var chunk = await RangeAsync(blob, offset, Math.Min(length - offset, Chunk), ct);
            var start = inside ? chunk.Span.IndexOf((byte)'\n') + 1 : 0;
            var whole = chunk.Span.LastIndexOf((byte)'\n') + 1;
            if (whole <= start && (chunk.Length < MaxLine || !inside))
                yield break; // The end, or a line longer than any of ours.
            inside = whole <= start;
            offset += whole <= start ? chunk.Length : whole;
            seen.Clear();
            var earliest = long.MaxValue;
            for (var rest = chunk[start..Math.Max(start, whole)]; !rest.IsEmpty;)
            {
                var end = rest.Span.IndexOf((byte)'\n');
                var line = rest[..end];
                rest = rest[(end + 1)..];
                if (IdOf(line.Span) is not { } id)
                    continue;
                var at = timeOf(id);
                earliest = Math.Min(earliest, at);
                if (at >= from && at < to && seen.Add(XxHash128.HashToUInt128(line.Span)) && Read(line.Span, type) is { } record)
                    yield return record;
            }

            if (earliest != long.MaxValue && earliest > to + LateMilliseconds)
                yield break;
        }
    }

    /// <summary>A place in a blob before which there is nothing of the time or later: lines lie nearly in the order of their ids' times.</summary>
    private async Task<long> BisectAsync(string blob, long length, long earliest, Func<string, long> timeOf, CancellationToken ct)
    {
        long low = 0;
        for (var high = length; high - low > 16 * Probe;)
        {
            var middle = low + ((high - low) / 2);
            if (FirstTime(await RangeAsync(blob, middle, Math.Min(Probe, high - middle), ct), timeOf) is not { } at)
                break;
            if (at < earliest)
                low = middle;
            else
                high = middle;
        }

        return low;
    }

    public async Task<LogCursor> EndAsync(string model, CancellationToken ct)
    {
        var root = $"{name}/{model}/";
        var open = LogCursor.Day(time.GetUtcNow() - Grace);
        var offsets = new Dictionary<string, long>();
        foreach (var day in await DaysAsync(root, open, ct))
        {
            await foreach (var item in container.GetBlobsAsync(prefix: $"{root}{day}/", cancellationToken: ct))
                offsets[item.Name[root.Length..]] = item.Properties.ContentLength ?? 0;
        }

        return new LogCursor { From = open, Blobs = Kept(offsets, open) };
    }

    /// <summary>
    /// Finds records by id among those of one worker and one day of ids. Lines lie nearly in the order of the ids' times, so a large blob is bisected first.
    /// </summary>
    public async Task FindAsync(
        string model, string owner, string day, IReadOnlySet<string> ids, long earliest, long latest, Action<T> found, Func<string, long> timeOf,
        CancellationToken ct)
    {
        var days = new SortedSet<string>(StringComparer.Ordinal) { day };
        var late = $"{name}-late/{model}/{day}/{owner}/";
        await foreach (var item in container.GetBlobsAsync(prefix: late, cancellationToken: ct))
            days.Add(item.Name[late.Length..]);
        foreach (var folder in days)
        {
            await foreach (var item in container.GetBlobsAsync(prefix: $"{name}/{model}/{folder}/{owner}-", cancellationToken: ct))
                await SearchAsync(item.Name, item.Properties.ContentLength ?? 0, ids, earliest, latest, found, timeOf, ct);
        }
    }

    /// <summary>Deletes the blobs, and the pointers to later days, of days before the day; returns how many went.</summary>
    public async Task<int> ExpireAsync(string model, DateOnly before, CancellationToken ct)
    {
        var deleted = 0;
        var limit = before.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        foreach (var root in new[] { $"{name}/{model}/", $"{name}-late/{model}/" })
        {
            await foreach (var item in container.GetBlobsAsync(prefix: root, cancellationToken: ct))
            {
                // By name, and so by day: the first that stays ends it.
                var day = item.Name.AsSpan(root.Length, Math.Min(10, item.Name.Length - root.Length));
                if (!LogCursor.IsDay(day) || day.CompareTo(limit, StringComparison.Ordinal) >= 0)
                    break;
                if (await container.GetBlobClient(item.Name).DeleteIfExistsAsync(cancellationToken: ct))
                    deleted++;
            }
        }

        return deleted;
    }

    /// <summary>Writes what is queued (for at most 30 seconds) and ends the appenders.</summary>
    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await FlushAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await stop.CancelAsync();
    }

    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer) NewScratch()
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        return (buffer, new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }));
    }

    private static Dictionary<string, long> Kept(Dictionary<string, long> offsets, string from)
        => offsets.Where(o => string.CompareOrdinal(o.Key, 0, from, 0, from.Length) >= 0).ToDictionary();

    /// <summary>The "id" that a record's line begins with; null when it does not.</summary>
    private static string? IdOf(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line);
            return reader.Read() && reader.Read() && reader.ValueTextEquals("id"u8) && reader.Read() && reader.TokenType == JsonTokenType.String
                ? reader.GetString()
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private async Task CommittedAsync(Task done, CancellationToken ct)
    {
        try
        {
            await done.WaitAsync(options.CommitTimeout, time, ct);
        }
        catch (TimeoutException e)
        {
            throw new CatalogUnavailableException("the storage did not confirm the record in time; it may or may not be written", e);
        }
        catch (RequestFailedException e)
        {
            throw new CatalogUnavailableException("the storage refused the record; it may or may not be written later", e);
        }
    }

    private async Task LaterAsync(LogAppender appender, byte[] line, string? day, bool durable, CancellationToken ct)
    {
        var done = await appender.EnqueueAsync(line, day, durable, ct);
        if (durable)
            await CommittedAsync(done, ct);
    }

    private static int Take(ReadOnlySpan<byte> lines, List<T> records, HashSet<UInt128> seen, JsonTypeInfo<T> form)
    {
        var skipped = 0;
        while (!lines.IsEmpty)
        {
            var end = lines.IndexOf((byte)'\n');
            var line = lines[..end];
            lines = lines[(end + 1)..];
            if (line.IsEmpty)
                continue;
            if (seen.Add(XxHash128.HashToUInt128(line)) && Read(line, form) is { } record)
                records.Add(record);
            else
                skipped++;
        }

        return skipped;
    }

    private static T? Read(ReadOnlySpan<byte> line, JsonTypeInfo<T> form)
    {
        try
        {
            return JsonSerializer.Deserialize(line, form);
        }
        catch (JsonException)
        {
            return null; // Torn or foreign: counted by the caller.
        }
    }

    /// <summary>The days that may have something to read, oldest first.</summary>
    private async Task<IReadOnlyList<string>> DaysAsync(string root, string? from, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var days = new SortedSet<string>(StringComparer.Ordinal);
        if (from is not null && string.CompareOrdinal(from, LogCursor.Day(now - Grace)) >= 0)
        {
            // Near midnight two days are open; a writer's clock may also be a little ahead.
            days.Add(from);
            days.Add(LogCursor.Day(now));
            days.Add(LogCursor.Day(now + TimeSpan.FromMinutes(10)));
            days.RemoveWhere(day => string.CompareOrdinal(day, from) < 0);
            return [.. days];
        }

        await foreach (var item in container.GetBlobsByHierarchyAsync(prefix: root, delimiter: "/", cancellationToken: ct))
        {
            if (item.IsPrefix && item.Prefix[root.Length..^1] is var day && LogCursor.IsDay(day) && (from is null || string.CompareOrdinal(day, from) >= 0))
                days.Add(day);
        }

        return [.. days];
    }

    private async Task<ReadOnlyMemory<byte>> RangeAsync(string blob, long offset, long count, CancellationToken ct)
    {
        try
        {
            var answer = await container.GetBlobClient(blob).DownloadContentAsync(new BlobDownloadOptions { Range = new HttpRange(offset, count) }, ct);
            return answer.Value.Content.ToMemory();
        }
        catch (RequestFailedException e) when (e.Status == 416 || BlobFaults.IsBlobMissing(e))
        {
            return default; // Deleted by retention since it was listed.
        }
    }

    private async Task SearchAsync(
        string blob, long length, IReadOnlySet<string> ids, long earliest, long latest, Action<T> found, Func<string, long> timeOf, CancellationToken ct)
    {
        var slack = (long)TimeSpan.FromMinutes(5).TotalMilliseconds;
        var low = await BisectAsync(blob, length, earliest - slack, timeOf, ct);
        var first = low == 0;
        while (low < length)
        {
            var chunk = await RangeAsync(blob, low, Math.Min(length - low, Chunk), ct);
            var start = first ? 0 : chunk.Span.IndexOf((byte)'\n') + 1;
            var whole = chunk.Span.LastIndexOf((byte)'\n') + 1;
            if (whole <= start)
            {
                if (chunk.Length < MaxLine)
                    return;
                low += chunk.Length;
                first = false;
                continue;
            }

            low += whole;
            first = true;
            var lines = chunk[start..whole];
            while (!lines.IsEmpty)
            {
                var end = lines.Span.IndexOf((byte)'\n');
                var line = lines[..end];
                lines = lines[(end + 1)..];
                if (IdOf(line.Span) is not { } id)
                    continue;
                if (ids.Contains(id) && Read(line.Span, type) is { } record)
                    found(record);
                else if (length > 16 * Probe && timeOf(id) > latest + slack)
                    return;
            }
        }
    }

    private static long? FirstTime(ReadOnlyMemory<byte> chunk, Func<string, long> timeOf)
    {
        var lines = chunk.Span;
        while (true)
        {
            var start = lines.IndexOf((byte)'\n') + 1;
            if (start == 0)
                return null;
            lines = lines[start..];
            var end = lines.IndexOf((byte)'\n');
            if (end < 0)
                return null;
            if (IdOf(lines[..end]) is { } id)
                return timeOf(id);
        }
    }
}
