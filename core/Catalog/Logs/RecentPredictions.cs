using System.Text.Json;

namespace Iml4e.Catalog;

/// <summary>The lines of the newest predictions of this process, bounded by their bytes; the least recently used go first.</summary>
internal sealed class RecentPredictions(long capacity)
{
    private readonly Lock guard = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> entries = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> order = new();
    private long bytes;

    public void Add(string id, bool shadow, ReadOnlySpan<byte> line)
    {
        if (line.Length > capacity)
            return;
        var copy = line.ToArray();
        lock (guard)
        {
            if (!entries.TryGetValue(id, out var node))
            {
                node = new LinkedListNode<Entry>(new Entry(id, copy));
                entries.Add(id, node);
            }
            else
            {
                order.Remove(node);
                (node.Value.Later ??= []).Add(copy);
            }

            order.AddLast(node);
            node.Value.Bytes += copy.Length;
            node.Value.Answered |= !shadow;
            bytes += copy.Length;
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
        byte[][] lines;
        lock (guard)
        {
            if (!entries.TryGetValue(id, out var node) || !node.Value.Answered)
                return null;
            order.Remove(node);
            order.AddLast(node);
            lines = [node.Value.First, .. node.Value.Later ?? []];
        }

        return [.. lines.Select(line => JsonSerializer.Deserialize(line, LogJson.Compact.PredictionRecord)!)];
    }

    private sealed class Entry(string id, byte[] first)
    {
        public string Id { get; } = id;

        public byte[] First { get; } = first;

        /// <summary>Lines after the first: few predictions have any.</summary>
        public List<byte[]>? Later { get; set; }

        public int Bytes { get; set; }

        public bool Answered { get; set; }
    }
}
