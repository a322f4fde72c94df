namespace Iml4e.Inference.Batching;

/// <summary>
/// Waiting requests by shape, first come first served. Requests of a shape are due when they fill a batch or reach a preferred size, or when the oldest has
/// waited for the queue delay. Not safe for concurrent use; times are timestamps of one clock.
/// </summary>
internal sealed class BatchQueue<TRequest, TResult>(BatchingSettings settings, long delay, long? timeout)
    where TRequest : IBatchable
{
    private readonly Dictionary<(BatchShape Shape, bool Late), Group> _groups = [];

    /// <summary>Requests that wait.</summary>
    internal int Count { get; private set; }

    internal void Add(BatchEntry<TRequest, TResult> entry)
    {
        var key = (entry.Request.Shape, entry.Late);
        if (!_groups.TryGetValue(key, out var group))
            _groups.Add(key, group = new Group());
        group.Entries.AddLast(entry.Node);
        group.Samples += entry.Request.Samples;
        Count++;
    }

    /// <summary>Takes a request out; false when it does not wait any more.</summary>
    internal bool Remove(BatchEntry<TRequest, TResult> entry)
    {
        if (entry.Node.List is null)
            return false;
        var key = (entry.Request.Shape, entry.Late);
        var group = _groups[key];
        group.Entries.Remove(entry.Node);
        group.Samples -= entry.Request.Samples;
        if (group.Entries.Count == 0)
            _groups.Remove(key);
        Count--;
        return true;
    }

    /// <summary>Takes out the requests that have waited for too long; those that may go on waiting are put behind the others.</summary>
    internal IReadOnlyList<BatchEntry<TRequest, TResult>> TakeExpired(long now)
    {
        if (timeout is not { } limit || Count == 0)
            return [];
        List<BatchEntry<TRequest, TResult>>? expired = null;
        foreach (var ((_, late), group) in _groups)
        {
            for (var node = group.Entries.First; !late && node is not null && node.Value.Enqueued + limit <= now; node = node.Next)
                (expired ??= []).Add(node.Value);
        }

        if (expired is null)
            return [];
        expired.Sort(static (a, b) => a.Sequence.CompareTo(b.Sequence));
        foreach (var entry in expired)
            Remove(entry);
        if (settings.QueueTimeoutAction == QueueTimeoutAction.Reject)
            return expired;
        foreach (var entry in expired)
        {
            entry.Late = true;
            Add(entry);
        }

        return [];
    }

    /// <summary>Takes the requests of the next run; null when none is due.</summary>
    internal List<BatchEntry<TRequest, TResult>>? Take(long now)
    {
        Group? next = null;
        foreach (var ((_, late), group) in _groups)
        {
            group.Late = late;
            if ((late || IsDue(group, now)) && (next is null || Precedes(group, next)))
                next = group;
        }

        if (next is null)
            return null;
        var batch = new List<BatchEntry<TRequest, TResult>>();
        var samples = 0;
        var wanted = Preferred(next) ?? settings.MaxBatchSize;
        for (var node = next.Entries.First; node is not null && (batch.Count == 0 || samples + node.Value.Request.Samples <= wanted); node = node.Next)
        {
            batch.Add(node.Value);
            samples += node.Value.Request.Samples;
        }

        foreach (var entry in batch)
            Remove(entry);
        return batch;
    }

    /// <summary>When something will be due or expire by itself; null when nothing will.</summary>
    /// <param name="busy">Nothing can be run anyway: only expiry counts.</param>
    internal long? NextDue(bool busy)
    {
        long? due = null;
        foreach (var ((_, late), group) in _groups)
        {
            if (late)
                continue;
            var oldest = group.Entries.First!.Value.Enqueued;
            if (!busy)
                due = Math.Min(due ?? long.MaxValue, oldest + delay);
            if (timeout is { } limit)
                due = Math.Min(due ?? long.MaxValue, oldest + limit);
        }

        return due;
    }

    private static bool Precedes(Group a, Group b) =>
        a.Late != b.Late ? b.Late : a.Entries.First!.Value.Sequence < b.Entries.First!.Value.Sequence;

    private bool IsDue(Group group, long now) =>
        group.Samples >= settings.MaxBatchSize || group.Entries.First!.Value.Enqueued + delay <= now || Preferred(group) is not null;

    /// <summary>The largest preferred size that the oldest requests make up exactly; null when there is none, or when a full batch waits.</summary>
    private int? Preferred(Group group)
    {
        if (settings.PreferredBatchSizes.Count == 0 || group.Samples >= settings.MaxBatchSize)
            return null;
        int? best = null;
        var samples = 0;
        foreach (var entry in group.Entries)
        {
            samples += entry.Request.Samples;
            if (settings.PreferredBatchSizes.Contains(samples))
                best = samples;
        }

        return best;
    }

    private sealed class Group
    {
        internal LinkedList<BatchEntry<TRequest, TResult>> Entries { get; } = new();

        internal int Samples { get; set; }

        internal bool Late { get; set; }
    }
}
