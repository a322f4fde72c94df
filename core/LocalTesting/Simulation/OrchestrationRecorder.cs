namespace Iml4e.LocalRuntime.Testing.Simulation;

/// <summary>What one instance has asked for, over all its executions.</summary>
internal sealed class OrchestrationRecorder(DataConverter converter)
{
    private readonly List<(string Name, Task Task)> waits = [];

    public List<OrchestrationCall> Calls { get; } = [];

    public List<OrchestrationTimer> Timers { get; } = [];

    public List<CustomStatus> Statuses { get; } = [];

    public List<SentEvent> Sent { get; } = [];

    /// <summary>The external events that the present execution waits for.</summary>
    public IEnumerable<string> AwaitedEvents => waits.Where(wait => !wait.Task.IsCompleted).Select(wait => wait.Name);

    /// <summary>A new execution begins: what the last one waited for is forgotten.</summary>
    public void StartOver() => waits.Clear();

    public Task<T> Call<T>(
        OrchestrationCallKind kind, string name, object? input, TaskOptions? options, TaskOrchestrationContext context, Func<Task<T>> call)
    {
        var task = call();
        Calls.Add(new OrchestrationCall(kind, name, converter.Serialize(input), options, Now(context), task, converter));
        return task;
    }

    public Task Timer(DateTime fireAt, TaskOrchestrationContext context, Func<Task> create)
    {
        var task = create();
        var due = fireAt.Kind == DateTimeKind.Local ? fireAt.ToUniversalTime() : DateTime.SpecifyKind(fireAt, DateTimeKind.Utc);
        Timers.Add(new OrchestrationTimer(Now(context), new DateTimeOffset(due), task));
        return task;
    }

    public Task<T> Wait<T>(string name, Func<Task<T>> wait)
    {
        var task = wait();
        waits.Add((name, task));
        return task;
    }

    public void Status(object? status, TaskOrchestrationContext context) =>
        Statuses.Add(new CustomStatus(Now(context), converter.Serialize(status), converter));

    public void SentTo(string instanceId, string name, object? payload, TaskOrchestrationContext context) =>
        Sent.Add(new SentEvent(instanceId, name, converter.Serialize(payload), Now(context), converter));

    private static DateTimeOffset Now(TaskOrchestrationContext context) => new(context.CurrentUtcDateTime, TimeSpan.Zero);
}
