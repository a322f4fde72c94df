using Iml4e.LocalRuntime.Durable.History;

namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>An entity is called.</summary>
internal sealed record CallEntityAction(int Id, string EntityId, string Operation, string? Input)
    : EntityAction(Id, Operation, EntityRequestKind.Call, EntityId);
