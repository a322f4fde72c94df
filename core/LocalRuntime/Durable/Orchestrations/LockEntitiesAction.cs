using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Storage;

namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>Entities are locked, one after the other.</summary>
internal sealed record LockEntitiesAction(int Id, IReadOnlyList<string> LockSet) : EntityAction(Id, "lock", EntityRequestKind.Lock, LockSet[0])
{
    public override bool Fits(HistoryEvent recorded) => base.Fits(recorded) && PayloadTable.StandsFor(recorded.Input, HistoryJson.Write(LockSet));
}
