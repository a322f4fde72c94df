using Iml4e.LocalRuntime.Durable.Entities;
using Iml4e.LocalRuntime.DurableTask.Entities;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.LocalRuntime.Worker;

/// <summary>Hands the operations that an entity's function was called for to the code that carries them out.</summary>
public sealed class TaskEntityDispatcher
{
    private readonly EntityBatch batch;
    private readonly IServiceProvider services;

    internal TaskEntityDispatcher(EntityBatch batch, IServiceProvider services)
    {
        this.batch = batch;
        this.services = services;
    }

    /// <summary>Hands the operations to an entity.</summary>
    public Task DispatchAsync(ITaskEntity entity)
    {
        ArgumentNullException.ThrowIfNull(entity);
        return batch.DispatchAsync(entity);
    }

    /// <summary>
    /// Hands the operations to an entity of the given type, which gets its dependencies from the invocation's services; a type that is no entity is
    /// that of the state, and its methods are the operations.
    /// </summary>
    public Task DispatchAsync<T>() => typeof(ITaskEntity).IsAssignableFrom(typeof(T))
        ? DispatchAsync((ITaskEntity)ActivatorUtilities.GetServiceOrCreateInstance<T>(services)!)
        : DispatchAsync(new StateEntity<T>());

    /// <summary>Hands the operations to a function, one after the other.</summary>
    public Task DispatchAsync(Func<TaskEntityOperation, ValueTask<object?>> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return DispatchAsync(new FunctionEntity(handler));
    }

    private sealed class StateEntity<T> : TaskEntity<T>
    {
        protected override bool AllowStateDispatch => true;
    }

    private sealed class FunctionEntity(Func<TaskEntityOperation, ValueTask<object?>> handler) : ITaskEntity
    {
        public ValueTask<object?> RunAsync(TaskEntityOperation operation) => handler(operation);
    }
}
