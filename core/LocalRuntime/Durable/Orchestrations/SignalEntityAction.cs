using Iml4e.LocalRuntime.Durable.History;

namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>An entity is signalled, now or at a time.</summary>
internal sealed record SignalEntityAction(int Id, string EntityId, string Operation, string? Input, DateTime? Due)
    : EntityAction(Id, Operation, EntityRequestKind.Signal, EntityId);
