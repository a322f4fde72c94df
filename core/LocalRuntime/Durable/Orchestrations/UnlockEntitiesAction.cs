using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Storage;

namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>The entities that a lock request has locked are free again.</summary>
/// <param name="Id">The sequence number.</param>
/// <param name="LockId">The sequence number of the lock request.</param>
/// <param name="LockSet">The entities that it has locked.</param>
internal sealed record UnlockEntitiesAction(int Id, int LockId, IReadOnlyList<string> LockSet)
    : EntityAction(Id, "unlock", EntityRequestKind.Unlock, LockSet[0])
{
    public override bool Fits(HistoryEvent recorded) => base.Fits(recorded) && PayloadTable.StandsFor(recorded.Input, HistoryJson.Write(LockSet));
}
