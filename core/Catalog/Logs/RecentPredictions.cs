namespace Iml4e.Catalog;

/// <summary>The newest predictions of this process, bounded by the bytes of their lines; the least recently used go first.</summary>
internal sealed class RecentPredictions(long capacity)
{
    private readonly Lock guard = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> entries = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> order = new();
    private long bytes;

    public void Add(PredictionRecord record, int length)
    {
        lock (guard)
        {
            if (!entries.TryGetValue(record.Id, out var node))
            {
                node = new LinkedListNode<Entry>(new Entry(record.Id));
                entries.Add(record.Id, node);
            }
            else
            {
                order.Remove(node);
            }

            order.AddLast(node);
            node.Value.Records.Add(record);
            node.Value.Bytes += length;
            bytes += length;
            while (bytes > capacity && order.First is { } oldest)
            {
                order.RemoveFirst();
                entries.Remove(oldest.Value.Id);
                bytes -= oldest.Value.Bytes;
            }
        }
    }

    /// <summary>The records of the id; null unless the answer's own record is among them (a shadow alone may have outlived it).</summary>
    public IReadOnlyList<PredictionRecord>? Find(string id)
    {
        lock (guard)
        {
            if (!entries.TryGetValue(id, out var node) || node.Value.Records.TrueForAll(r => r.Variant == PredictionVariant.Shadow))
                return null;
            order.Remove(node);
            order.AddLast(node);
            return [.. node.Value.Records];
        }
    }

    private sealed class Entry(string id)
    {
        public string Id { get; } = id;

        public List<PredictionRecord> Records { get; } = [];

        public int Bytes { get; set; }
    }
}
