using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.DurableTask;

namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>The waiters for external events and the events that nothing has waited for yet, by name whatever its case.</summary>
internal sealed class ExternalEvents(DataConverter converter)
{
    private readonly Dictionary<string, LinkedList<Waiter>> waiters = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Queue<(int Arrival, HistoryEvent Event)>> buffered = new(StringComparer.OrdinalIgnoreCase);
    private int arrivals;

    public bool HasWaiters => waiters.Count > 0;

    /// <summary>The time of the turn, UTC.</summary>
    public DateTime Time { get; set; }

    /// <summary>What is waited for and what has arrived unasked; null when there is neither.</summary>
    public RecordedWaits? Waits => waiters.Count + buffered.Count == 0 ? null : new RecordedWaits(
        [.. waiters.SelectMany(pair => pair.Value.Select(waiter => new EventWait(pair.Key, waiter.Since)))],
        [.. buffered.Values.SelectMany(queue => queue).Select(item => item.Arrival).Order()]);

    /// <summary>Events that nothing has waited for, in order of arrival.</summary>
    public List<HistoryEvent> Unprocessed => [.. buffered.Values.SelectMany(queue => queue).OrderBy(item => item.Arrival).Select(item => item.Event)];

    /// <summary>Gives an event to the latest waiter of its name, or keeps it.</summary>
    public void Raise(HistoryEvent raised)
    {
        var name = raised.Name!;
        var arrival = arrivals++;
        if (waiters.TryGetValue(name, out var waiting))
        {
            var latest = waiting.Last!;
            Remove(name, waiting, latest);
            latest.Value.Task.Complete(raised.Input, converter);
            return;
        }

        if (!buffered.TryGetValue(name, out var queue))
            buffered[name] = queue = new();
        queue.Enqueue((arrival, raised));
    }

    /// <exception cref="ArgumentException">Another wait for the name expects another type.</exception>
    public Task<T> WaitFor<T>(string name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (waiters.TryGetValue(name, out var others) && others.Last!.Value.Type != typeof(T))
        {
            throw new ArgumentException(
                $"Events with the same name must have the same type argument; a wait for '{name}' expects {others.Last.Value.Type.FullName}.", nameof(name));
        }

        var task = new OpenTask<T>(-1, name);
        if (cancellationToken.IsCancellationRequested)
        {
            task.Cancel(cancellationToken);
            return task.Task;
        }

        if (buffered.TryGetValue(name, out var queue))
        {
            var (_, first) = queue.Dequeue();
            if (queue.Count == 0)
                buffered.Remove(name);
            task.Complete(first.Input, converter);
            return task.Task;
        }

        if (!waiters.TryGetValue(name, out var waiting))
            waiters[name] = waiting = new();
        var node = waiting.AddLast(new Waiter(typeof(T), task, Time));
        if (cancellationToken.CanBeCanceled)
        {
            cancellationToken.Register(() =>
            {
                if (node.List is { } list)
                    Remove(name, list, node);
                task.Cancel(cancellationToken);
            });
        }

        return task.Task;
    }

    private void Remove(string name, LinkedList<Waiter> waiting, LinkedListNode<Waiter> node)
    {
        waiting.Remove(node);
        if (waiting.Count == 0)
            waiters.Remove(name);
    }

    private sealed record Waiter(Type Type, OpenTask Task, DateTime Since);
}
