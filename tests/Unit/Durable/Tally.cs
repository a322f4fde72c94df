using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>The entity on which the behaviours of Durable Functions were observed.</summary>
public sealed class Tally : TaskEntity<int>
{
    public void Add(int value) => State += value;

    public int Get() => State;

    public void AddAndThrow(int value)
    {
        State += value;
        throw new InvalidOperationException("bad op");
    }
}
