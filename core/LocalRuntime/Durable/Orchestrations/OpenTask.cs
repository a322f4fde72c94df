using Iml4e.LocalRuntime.DurableTask;

namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>A call of an orchestrator that has not been answered yet.</summary>
internal abstract class OpenTask(int id, string name)
{
    public int Id { get; } = id;

    public string Name { get; } = name;

    public abstract void Complete(string? json, DataConverter converter);

    public abstract void Fail(TaskFailureDetails failure);

    public abstract void Cancel(CancellationToken cancellationToken);
}
