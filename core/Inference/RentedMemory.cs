using System.Buffers;

namespace Iml4e.Inference;

/// <summary>Memory borrowed from the shared pool for one request, given back all at once.</summary>
/// <remarks>Whoever is not sure that nobody reads the memory any more (a run that was left before its end) must not dispose of it; it is then collected.</remarks>
public sealed class RentedMemory : IDisposable
{
    // A request has its body and, most often, one tensor.
    private byte[]? _first;
    private byte[]? _second;
    private List<byte[]>? _others;

    /// <summary>A block of exactly so many bytes; what is in it is not said.</summary>
    public Memory<byte> Rent(int length)
    {
        var array = ArrayPool<byte>.Shared.Rent(length);
        Adopt(array);
        return array.AsMemory(0, length);
    }

    /// <summary>Takes over an array of the shared pool.</summary>
    public void Adopt(byte[] rented)
    {
        if (_first is null)
            _first = rented;
        else if (_second is null)
            _second = rented;
        else
            (_others ??= []).Add(rented);
    }

    /// <summary>Gives everything back.</summary>
    public void Dispose()
    {
        Return(ref _first);
        Return(ref _second);
        foreach (var array in _others ?? [])
            ArrayPool<byte>.Shared.Return(array);
        _others = null;
    }

    private static void Return(ref byte[]? rented)
    {
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        rented = null;
    }
}
