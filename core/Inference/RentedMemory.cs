using System.Buffers;

namespace Iml4e.Inference;

/// <summary>Memory borrowed from the shared pool for one request, given back all at once.</summary>
/// <remarks>Whoever is not sure that nobody reads the memory any more (a run that was left before its end) must not dispose of it; it is then collected.</remarks>
public sealed class RentedMemory : IDisposable
{
    private readonly List<byte[]> _arrays = [];

    /// <summary>A block of exactly so many bytes; what is in it is not said.</summary>
    public Memory<byte> Rent(int length)
    {
        var array = ArrayPool<byte>.Shared.Rent(length);
        _arrays.Add(array);
        return array.AsMemory(0, length);
    }

    /// <summary>Takes over an array of the shared pool.</summary>
    public void Adopt(byte[] rented) => _arrays.Add(rented);

    /// <summary>Gives everything back.</summary>
    public void Dispose()
    {
        foreach (var array in _arrays)
            ArrayPool<byte>.Shared.Return(array);
        _arrays.Clear();
    }
}
