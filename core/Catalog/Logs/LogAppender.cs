using System.Diagnostics;
using System.Globalization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Iml4e.Catalog;

/// <summary>
/// Writes one stream of lines (a log, a model, a worker) to append blobs, in groups: while one append is on its way the lines that come make up the next.
/// </summary>
/// <remarks>
/// Every append says at which position it expects to land. When an answer is lost, the length and the bytes of the blob tell whether the append was applied;
/// repeating it is harmless, because it can land at that position once only. A blob is left for a new one after so many appends or bytes, when the day (UTC)
/// changes, or when somebody else has written to it; before leaving it with an append in doubt, an empty line is written at the position, so that the one in
/// doubt cannot land any more.
/// </remarks>
internal sealed class LogAppender
{
    private readonly BlobContainerClient container;
    private readonly string folder;
    private readonly string lateFolder;
    private readonly string blobPrefix;
    private readonly CatalogOptions options;
    private readonly TimeProvider time;
    private readonly CancellationToken stop;
    private readonly Lock guard = new();
    private readonly Queue<AppendBatch> waiting = new();
    private readonly HashSet<string> latePointers = [];
    private AppendBatch? newest;
    private AppendBatch? inFlight;
    private TaskCompletionSource wake = NewSignal();
    private TaskCompletionSource? room;
    private long queued;
    private bool running;
    private long lost;

    private AppendBlobClient? blob;
    private string blobDay = "";
    private long position;
    private int blocks;
    private int sequence = -1;

    /// <param name="container">Where.</param>
    /// <param name="folder">"log/model/".</param>
    /// <param name="lateFolder">"log-late/model/": pointers from the day of an id to a later day under which it was logged.</param>
    /// <param name="owner">The worker whose records these are.</param>
    /// <param name="writer">The worker that writes.</param>
    /// <param name="options">Sizes and times.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stop">Ends attempts that would go on.</param>
    public LogAppender(
        BlobContainerClient container, string folder, string lateFolder, string owner, string writer, CatalogOptions options, TimeProvider time,
        CancellationToken stop)
    {
        this.container = container;
        this.folder = folder;
        this.lateFolder = $"{lateFolder}{{0}}/{owner}/";
        this.options = options;
        this.time = time;
        this.stop = stop;
        blobPrefix = owner == writer ? owner + "-" : $"{owner}-{writer}-";
    }

    /// <summary>Records that were accepted buffered and could not be written before the end.</summary>
    public long Lost => Interlocked.Read(ref lost);

    /// <summary>Queues a line; returns the task of its commit once there is room.</summary>
    public async ValueTask<Task> EnqueueAsync(ReadOnlyMemory<byte> line, string? day, bool durable, CancellationToken ct)
    {
        var started = time.GetTimestamp();
        var until = options.BackPressure < options.CommitTimeout ? options.BackPressure : options.CommitTimeout;
        while (true)
        {
            Task wait;
            lock (guard)
            {
                if (HasRoom(line.Length, durable))
                    return Add(line.Span, day, durable).Done;
                wait = (room ??= NewSignal()).Task;
                wake.TrySetResult();
            }

            try
            {
                await wait.WaitAsync(until - time.GetElapsedTime(started) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero, time, ct);
            }
            catch (TimeoutException e)
            {
                throw new CatalogUnavailableException("the log's queue is full and the storage takes nothing; the record was not accepted", e);
            }
        }
    }

    /// <summary>Queues a line when there is room at once.</summary>
    public bool TryEnqueue(ReadOnlySpan<byte> line, string? day, bool durable, out Task done)
    {
        lock (guard)
        {
            var fits = HasRoom(line.Length, durable);
            done = fits ? Add(line, day, durable).Done : Task.CompletedTask;
            return fits;
        }
    }

    /// <summary>Waits until all that is queued now is written, or has failed.</summary>
    public async Task FlushAsync(CancellationToken ct)
    {
        AppendBatch? last;
        lock (guard)
        {
            last = waiting.LastOrDefault() ?? inFlight;
            wake.TrySetResult();
        }

        if (last is not null)
            await last.Settled.WaitAsync(ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ct.ThrowIfCancellationRequested();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Whether the queue takes the line. What is accepted without a commit is what a crash can lose: none is taken while the oldest of it has waited for the
    /// window, whatever the reason, so that all that can be lost was accepted within one window.
    /// </summary>
    private bool HasRoom(int length, bool durable)
    {
        if (queued > 0 && queued + length > options.MaxQueuedBytes)
            return false;
        if (durable)
            return true;
        return OldestBuffered() is not { } oldest || time.GetElapsedTime(oldest.BufferedSince) < options.BufferedWindow;
    }

    private AppendBatch? OldestBuffered()
    {
        if (inFlight is { Buffered: > 0 })
            return inFlight;
        foreach (var batch in waiting)
        {
            if (batch.Buffered > 0)
                return batch;
        }

        return null;
    }

    private AppendBatch Add(ReadOnlySpan<byte> line, string? day, bool durable)
    {
        if (newest is null || newest.Length + line.Length > options.MaxBatchBytes)
        {
            if (newest is not null)
                wake.TrySetResult();
            waiting.Enqueue(newest = new AppendBatch());
        }

        newest.Add(line, day, durable, time.GetTimestamp());
        queued += line.Length;
        if (durable)
            wake.TrySetResult();
        if (!running)
        {
            running = true;
            _ = Task.Run(DrainAsync, CancellationToken.None);
        }

        return newest;
    }

    private async Task DrainAsync()
    {
        while (true)
        {
            await LingerAsync();
            AppendBatch batch;
            lock (guard)
            {
                if (!waiting.TryDequeue(out batch!))
                {
                    running = false;
                    return;
                }

                inFlight = batch;
                if (batch == newest)
                    newest = null;
                if (wake.Task.IsCompleted && !waiting.Any(b => b.HasDurable))
                    wake = NewSignal();
            }

            await WriteOrKeepAsync(batch);
        }
    }

    /// <summary>
    /// Writes a batch. When the storage refuses it for good (no permission, no container), callers that wait are told; with records whose callers do not, the
    /// batch is kept and tried on until the log ends, and the queue behind it holds new ones back.
    /// </summary>
    private async Task WriteOrKeepAsync(AppendBatch batch)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var atOnce = await WriteAsync(batch);
                LogMetrics.Records.Add(batch.Count);
                Release(batch);
                batch.Complete(isMemoryFree: atOnce && attempt == 0);
                return;
            }
            catch (Exception e)
            {
                batch.Fail(e);
                if (batch.Buffered == 0 || stop.IsCancellationRequested)
                {
                    LogMetrics.Dropped.Add(batch.Count);
                    Interlocked.Add(ref lost, batch.Buffered);
                    Release(batch);
                    batch.Abandon();
                    return;
                }

                LogMetrics.Retries.Add(1);
                await Backoff.WaitAsync(attempt, 100, 5000, TimeProvider.System, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Release(AppendBatch batch)
    {
        lock (guard)
        {
            inFlight = null;
            queued -= batch.Length;
            room?.TrySetResult();
            room = null;
        }
    }

    private async Task LingerAsync()
    {
        Task signal;
        lock (guard)
        {
            if (waiting.Count != 1)
                return;
            signal = wake.Task;
        }

        if (!signal.IsCompleted)
            await Task.WhenAny(signal, Task.Delay(options.BufferedLinger, stop));
        if (options.DurableLinger > TimeSpan.Zero && signal.IsCompleted)
            await Task.Delay(options.DurableLinger, CancellationToken.None);
    }

    /// <summary>Writes a batch; true = by its first request, false = others before it had failed.</summary>
    private async Task<bool> WriteAsync(AppendBatch batch)
    {
        var doubtful = false;
        for (var attempt = 0; ; attempt++)
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                if (doubtful && !await SettleAsync(batch))
                    return false;
                doubtful = false;
                await OpenAsync(batch);
                var started = Stopwatch.GetTimestamp();
                doubtful = true;
                using var content = batch.OpenRead();
                await blob!.AppendBlockAsync(
                    content, new AppendBlobAppendBlockOptions { Conditions = new AppendBlobRequestConditions { IfAppendPositionEqual = position } }, stop);
                LogMetrics.Commit.Record(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                position += batch.Length;
                blocks++;
                return attempt == 0;
            }
            catch (RequestFailedException e) when (BlobFaults.IsPositionMismatch(e))
            {
                // The append before this one (its answer was lost), or somebody else: settled by looking.
                LogMetrics.Retries.Add(1);
            }
            catch (RequestFailedException e) when (BlobFaults.IsFull(e) || BlobFaults.IsBlobMissing(e))
            {
                blob = null;
                doubtful = false;
            }
            catch (Exception e) when (BlobFaults.IsTransient(e) && !stop.IsCancellationRequested)
            {
                LogMetrics.Retries.Add(1);
                await Backoff.WaitAsync(attempt, 50, 5000, TimeProvider.System, stop);
            }
        }
    }

    /// <summary>Finds out what became of an append in doubt: false = it was applied; true = it was not and has to be (perhaps on a new blob).</summary>
    private async Task<bool> SettleAsync(AppendBatch batch)
    {
        if (blob is null)
            return true;
        var length = (await blob.GetPropertiesAsync(cancellationToken: stop)).Value.ContentLength;
        if (length == position && blobDay != LogCursor.Day(time.GetUtcNow()))
        {
            using var fence = new MemoryStream("\n"u8.ToArray(), writable: false);
            try
            {
                await blob.AppendBlockAsync(
                    fence, new AppendBlobAppendBlockOptions { Conditions = new AppendBlobRequestConditions { IfAppendPositionEqual = position } }, stop);
                blob = null;
                return true;
            }
            catch (RequestFailedException e) when (BlobFaults.IsPositionMismatch(e))
            {
                length = (await blob!.GetPropertiesAsync(cancellationToken: stop)).Value.ContentLength;
            }
        }

        if (length == position)
            return true;
        var end = position + batch.Length;
        if (length >= end)
        {
            var there = await blob.DownloadContentAsync(new BlobDownloadOptions { Range = new HttpRange(position, batch.Length) }, stop);
            if (there.Value.Content.ToMemory().Span.SequenceEqual(batch.Bytes.Span))
            {
                position = end;
                blocks++;
                if (length > end)
                    blob = null;
                return false;
            }
        }

        // Written by somebody else, who has our number, or our own fence: ours cannot land here any more.
        blob = null;
        return true;
    }

    private async Task OpenAsync(AppendBatch batch)
    {
        var today = LogCursor.Day(time.GetUtcNow());
        if (blob is null || blobDay != today || blocks >= options.RotateBlocks || (position > 0 && position + batch.Length > options.RotateBytes))
            await RotateAsync(today);
        foreach (var day in batch.Days ?? [])
        {
            if (day != today && latePointers.Add(day + today))
                await PointAsync(day, today);
        }
    }

    private async Task RotateAsync(string today)
    {
        blob = null;
        if (blobDay != today || sequence < 0)
        {
            sequence = 0;
            await foreach (var item in container.GetBlobsAsync(prefix: $"{folder}{today}/{blobPrefix}", cancellationToken: stop))
            {
                var number = item.Name.AsSpan(folder.Length + today.Length + 1 + blobPrefix.Length);
                var dot = number.IndexOf('.');
                if (dot > 0 && int.TryParse(number[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out var used))
                    sequence = Math.Max(sequence, used);
            }

            blobDay = today;
        }

        while (true)
        {
            var candidate = container.GetAppendBlobClient(string.Create(CultureInfo.InvariantCulture, $"{folder}{today}/{blobPrefix}{++sequence:D5}.ndjson"));
            var mark = Guid.NewGuid().ToString("N");
            try
            {
                await candidate.CreateAsync(
                    new AppendBlobCreateOptions
                    {
                        Conditions = new AppendBlobRequestConditions { IfNoneMatch = ETag.All },
                        Metadata = new Dictionary<string, string> { ["mark"] = mark },
                        HttpHeaders = new BlobHttpHeaders { ContentType = "application/x-ndjson" },
                    },
                    stop);
            }
            catch (RequestFailedException e) when (BlobFaults.IsConflict(e))
            {
                // Ours when the answer to our first request was lost; otherwise the next number is tried.
                var there = (await candidate.GetPropertiesAsync(cancellationToken: stop)).Value;
                if (!there.Metadata.TryGetValue("mark", out var found) || found != mark)
                    continue;
            }

            blob = candidate;
            position = 0;
            blocks = 0;
            return;
        }
    }

    private async Task PointAsync(string day, string today)
    {
        try
        {
            var name = string.Format(CultureInfo.InvariantCulture, lateFolder, day) + today;
            await container.GetBlobClient(name)
                .UploadAsync(
                    new BinaryData(Array.Empty<byte>()), new BlobUploadOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } }, stop);
        }
        catch (RequestFailedException e) when (BlobFaults.IsConflict(e))
        {
            // It says nothing but its name.
        }
        catch
        {
            latePointers.Remove(day + today);
            throw;
        }
    }
}
