using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.LocalRuntime.Durable.Entities;

/// <summary>An operation as the local runtime has an entity carry it out.</summary>
internal sealed class LocalEntityOperation(
    EntityMessage message, DataConverter converter, LocalEntityState state, LocalEntityContext context, bool keepsStateOfFailures) : TaskEntityOperation
{
    public override string Name { get; } = message.Operation ?? "";

    public override TaskEntityContext Context => context;

    public override TaskEntityState State => state;

    public override bool HasInput => message.Input is not null;

    /// <summary>Whether what an operation has done to the state before it threw is to be kept.</summary>
    public bool KeepsStateOfFailures => keepsStateOfFailures;

    public override object? GetInput(Type inputType) => converter.Deserialize(message.Input, inputType);
}
