using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.DurableTask;

namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>The waiters for external events and the events that nothing has waited for yet, by name whatever its case.</summary>
internal sealed class ExternalEvents(DataConverter converter)
{
    private readonly Dictionary<string, LinkedList<(Type Type, OpenTask Task)>> waiters = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Queue<(long Order, HistoryEvent Event)>> buffered = new(StringComparer.OrdinalIgnoreCase);
    private long order;

    public bool HasWaiters => waiters.Count > 0;

    /// <summary>Events that nothing has waited for, in order of arrival.</summary>
    public List<HistoryEvent> Unprocessed => [.. buffered.Values.SelectMany(queue => queue).OrderBy(item => item.Order).Select(item => item.Event)];

    /// <summary>Gives an event to the latest waiter of its name, or keeps it.</summary>
    public void Raise(HistoryEvent raised)
    {
        var name = raised.Name!;
        if (waiters.TryGetValue(name, out var waiting))
        {
            var latest = waiting.Last!;
            Remove(name, waiting, latest);
            latest.Value.Task.Complete(raised.Input, converter);
            return;
        }

        if (!buffered.TryGetValue(name, out var queue))
            buffered[name] = queue = new();
        queue.Enqueue((order++, raised));
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
        var node = waiting.AddLast((typeof(T), task));
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

    private void Remove(string name, LinkedList<(Type Type, OpenTask Task)> waiting, LinkedListNode<(Type Type, OpenTask Task)> node)
    {
        waiting.Remove(node);
        if (waiting.Count == 0)
            waiters.Remove(name);
    }
}
