using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.CrashWorker;

/// <summary>Counts; each operation that comes twice or not at all shows.</summary>
internal sealed class CountEntity : TaskEntity<int>
{
    public const string Name = "count";

    public int Add(int amount) => State += amount;

    public int Get() => State;

    public void AddAndFallOver(int amount)
    {
        State += amount;
        Environment.FailFast("An operation that takes the process down.");
    }
}
