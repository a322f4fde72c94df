namespace Iml4e.Learning;

/// <summary>Reads from another stream as long as it keeps to the limits of a table: in all, and against what it was unpacked from. Does not own it.</summary>
/// <param name="from">What is read.</param>
/// <param name="options">The limits.</param>
/// <param name="packed">Bytes taken so far of the compressed stream below; null when there is none.</param>
internal sealed class LimitedStream(Stream from, TableReadOptions options, Func<long>? packed) : ForwardStream
{
    private long taken;

    public override int Read(Span<byte> buffer)
    {
        var count = from.Read(buffer);
        taken += count;
        if (taken > options.MaxBytes)
            throw new TrainingDataException("data", $"the file holds more than {options.MaxBytes} bytes");
        // A file that unfolds to hundreds of times its size is no table: it is refused before it has filled the memory.
        if (packed is not null && taken > Math.Max(options.MaxExpandedBytes, options.MaxExpansion * packed()))
            throw new TrainingDataException("data", $"the file unfolds to more than {options.MaxExpansion} times its compressed size");
        return count;
    }
}
