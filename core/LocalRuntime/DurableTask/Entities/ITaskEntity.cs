namespace Iml4e.LocalRuntime.DurableTask.Entities;

/// <summary>An entity: carries out operations on a state that is its own.</summary>
public interface ITaskEntity
{
    /// <summary>Carries out an operation and gives the answer for the caller, if any.</summary>
    ValueTask<object?> RunAsync(TaskEntityOperation operation);
}
