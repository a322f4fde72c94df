using System.Buffers;

namespace Iml4e.Catalog;

/// <summary>Lines that one append will write.</summary>
internal sealed class AppendBatch
{
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? lastDay;
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(4096);

    public int Length { get; private set; }

    public int Count { get; private set; }

    public bool HasDurable { get; private set; }

    /// <summary>Records whose callers do not wait: nobody but the log can see to it that they are written.</summary>
    public int Buffered { get; private set; }

    /// <summary>When the first buffered record came, in ticks of the time provider.</summary>
    public long BufferedSince { get; private set; }

    /// <summary>Days of the ids in the batch; null when records are not found by id.</summary>
    public HashSet<string>? Days { get; private set; }

    /// <summary>What became of the first attempts: this is what callers wait for.</summary>
    public Task Done => done.Task;

    /// <summary>Ends when nothing more will be attempted.</summary>
    public Task Settled => settled.Task;

    public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, Length);

    public MemoryStream OpenRead() => new(buffer, 0, Length, writable: false);

    public void Add(ReadOnlySpan<byte> line, string? day, bool durable, long now)
    {
        if (Length + line.Length > buffer.Length)
            Grow(Length + line.Length);
        line.CopyTo(buffer.AsSpan(Length));
        Length += line.Length;
        Count++;
        HasDurable |= durable;
        if (!durable && Buffered++ == 0)
            BufferedSince = now;
        if (day is not null && !ReferenceEquals(day, lastDay))
            (Days ??= []).Add(lastDay = day);
    }

    /// <summary>Ends the batch, which is written.</summary>
    /// <param name="isMemoryFree">Whether nothing can be reading the bytes any more: memory that a request in doubt may still send is left to the
    /// collector.</param>
    public void Complete(bool isMemoryFree)
    {
        if (isMemoryFree)
            ArrayPool<byte>.Shared.Return(Interlocked.Exchange(ref buffer, []));
        done.TrySetResult();
        settled.TrySetResult();
    }

    /// <summary>Tells the callers; the batch itself may go on.</summary>
    public void Fail(Exception e)
    {
        done.TrySetException(e);
        _ = done.Task.Exception;
    }

    /// <summary>Gives the batch up.</summary>
    public void Abandon() => settled.TrySetResult();

    // Only while the batch is filled, when nobody reads it yet. Arrays of their own would be large objects, and each few of those a collection of everything.
    private void Grow(int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(buffer.Length * 2, length));
        buffer.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}
