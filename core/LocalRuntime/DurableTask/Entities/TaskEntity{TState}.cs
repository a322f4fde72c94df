using Iml4e.LocalRuntime.Durable.Entities;

namespace Iml4e.LocalRuntime.DurableTask.Entities;

/// <summary>
/// An entity whose operations are its public methods, found by name whatever the case, each with at most one input parameter and a
/// <see cref="TaskEntityContext"/>, synchronous or not. <c>delete</c> needs no method: it deletes the state.
/// </summary>
public abstract class TaskEntity<TState> : ITaskEntity
{
    /// <summary>Whether operations that are no methods of the entity are looked for among those of its state.</summary>
    protected virtual bool AllowStateDispatch => false;

    /// <summary>The state; what it is when the operation ends is kept, and null deletes the entity.</summary>
    protected TState State { get; set; } = default!;

    protected TaskEntityContext Context { get; private set; } = null!;

    /// <exception cref="NotSupportedException">There is no such operation.</exception>
    public ValueTask<object?> RunAsync(TaskEntityOperation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        Context = operation.Context;
        State = operation.State.GetState(typeof(TState)) is { } state ? (TState)state : InitializeState(operation);
        if (OperationMethod.Find(GetType(), operation.Name) is { } method)
            return CallAsync(operation, method, this);
        if (AllowStateDispatch)
        {
            var target = (object?)State ?? throw new InvalidOperationException("Attempting to dispatch to state, but entity state is null.");
            if (OperationMethod.Find(target.GetType(), operation.Name) is { } ofState)
                return CallAsync(operation, ofState, target);
        }

        if (!string.Equals(operation.Name, "delete", StringComparison.OrdinalIgnoreCase))
            throw new NotSupportedException($"No suitable method found for entity operation '{operation}'.");
        operation.State.SetState(null);
        return default;
    }

    /// <summary>The state of an entity that has none yet.</summary>
    protected virtual TState InitializeState(TaskEntityOperation entityOperation) => Nullable.GetUnderlyingType(typeof(TState)) is { } underlying
        ? (TState)Activator.CreateInstance(underlying)!
        : Activator.CreateInstance<TState>();

    private async ValueTask<object?> CallAsync(TaskEntityOperation operation, OperationMethod method, object target)
    {
        var arguments = method.Bind(operation);
        object? result;
        try
        {
            result = await method.CallAsync(target, arguments);
        }
        catch (Exception) when (operation is LocalEntityOperation { KeepsStateOfFailures: true })
        {
            operation.State.SetState(State);
            throw;
        }

        operation.State.SetState(State);
        return result;
    }
}
