namespace Iml4e.Functions.Monitoring;

/// <summary>The newest so many hashes, each with what is remembered of it: who comes again within them is known.</summary>
internal sealed class RecentHashes<T>(int capacity)
{
    private readonly Dictionary<UInt128, T> _known = [];
    private readonly Queue<UInt128> _order = new();

    /// <summary>Whether one was forgotten because there were too many.</summary>
    public bool HasForgotten { get; private set; }

    /// <summary>What is remembered of one; false when it is not known.</summary>
    public bool TryGet(UInt128 hash, out T? value) => _known.TryGetValue(hash, out value);

    /// <summary>Remembers one; it is not younger for being known already.</summary>
    public void Set(UInt128 hash, T value)
    {
        var count = _known.Count;
        _known[hash] = value;
        if (_known.Count == count)
            return;
        _order.Enqueue(hash);
        if (_order.Count <= capacity)
            return;
        _known.Remove(_order.Dequeue());
        HasForgotten = true;
    }
}
