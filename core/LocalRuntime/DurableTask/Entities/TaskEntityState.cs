namespace Iml4e.LocalRuntime.DurableTask.Entities;

/// <summary>The state of an entity as an operation finds and leaves it.</summary>
public abstract class TaskEntityState
{
    public abstract bool HasState { get; }

    /// <summary>The state; the default value when there is none, which does not become the state by that.</summary>
    public virtual T? GetState<T>(T? defaultValue = default) => GetState(typeof(T)) is T state ? state : defaultValue;

    /// <summary>The state; null when there is none, whatever the type.</summary>
    public abstract object? GetState(Type type);

    /// <summary>Sets the state; null deletes it.</summary>
    public abstract void SetState(object? state);
}
