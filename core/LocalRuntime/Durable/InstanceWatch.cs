namespace Iml4e.LocalRuntime.Durable;

/// <summary>Lets callers wait until the status of an instance changes.</summary>
internal sealed class InstanceWatch
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, TaskCompletionSource> changes = new(StringComparer.Ordinal);

    /// <summary>Completes at the next change after this call.</summary>
    public Task NextChangeAsync(string instanceId)
    {
        lock (gate)
        {
            if (!changes.TryGetValue(instanceId, out var change))
                changes[instanceId] = change = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return change.Task;
        }
    }

    public void Changed(string instanceId)
    {
        TaskCompletionSource? change;
        lock (gate)
            changes.Remove(instanceId, out change);
        change?.TrySetResult();
    }

    /// <summary>Ends all waits; the engine has stopped.</summary>
    public void Fail(Exception exception)
    {
        List<TaskCompletionSource> waiting;
        lock (gate)
        {
            waiting = [.. changes.Values];
            changes.Clear();
        }

        foreach (var change in waiting)
            change.TrySetException(exception);
    }
}
