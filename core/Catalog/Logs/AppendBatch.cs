namespace Iml4e.Catalog;

/// <summary>Lines that one append will write.</summary>
internal sealed class AppendBatch
{
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private byte[] buffer = new byte[4096];

    public int Length { get; private set; }

    public int Count { get; private set; }

    public bool HasDurable { get; private set; }

    /// <summary>Days of the ids in the batch; null when records are not found by id.</summary>
    public HashSet<string>? Days { get; private set; }

    public Task Done => done.Task;

    public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, Length);

    public MemoryStream OpenRead() => new(buffer, 0, Length, writable: false);

    public void Add(ReadOnlySpan<byte> line, string? day, bool durable)
    {
        if (Length + line.Length > buffer.Length)
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, Length + line.Length));
        line.CopyTo(buffer.AsSpan(Length));
        Length += line.Length;
        Count++;
        HasDurable |= durable;
        if (day is not null)
            (Days ??= []).Add(day);
    }

    public void Complete() => done.TrySetResult();

    public void Fail(Exception e)
    {
        done.TrySetException(e);
        _ = done.Task.Exception;
    }
}
