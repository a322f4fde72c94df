namespace Iml4e.Functions.Monitoring;

/// <summary>The newest so many hashes: who comes again within them is known.</summary>
internal sealed class RecentHashes(int capacity)
{
    /// <summary>Enough for the repeats that callers send: they come soon.</summary>
    public const int DefaultCapacity = 200_000;

    private readonly HashSet<UInt128> _known = [];
    private readonly Queue<UInt128> _order = new();

    /// <summary>Adds one; false when it is known.</summary>
    public bool Add(UInt128 hash)
    {
        if (!_known.Add(hash))
            return false;
        _order.Enqueue(hash);
        if (_order.Count > capacity)
            _known.Remove(_order.Dequeue());
        return true;
    }
}
