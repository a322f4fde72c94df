using System.Buffers;

namespace Iml4e.Inference;

/// <summary>Memory of the native runtime seen as managed memory; valid until its owner frees it.</summary>
internal sealed unsafe class NativeTensorMemory(byte* start, int length) : MemoryManager<byte>
{
    private byte* _start = start;

    /// <inheritdoc/>
    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        return new Span<byte>(_start, length);
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)length);
        return new MemoryHandle(_start + elementIndex);
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
        // Native memory does not move.
    }

    /// <summary>From now on whoever still holds the memory gets an exception rather than somebody else's bytes.</summary>
    internal void Invalidate() => _start = null;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => Invalidate();
}
