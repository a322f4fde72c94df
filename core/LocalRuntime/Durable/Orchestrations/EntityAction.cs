using Iml4e.LocalRuntime.Durable.History;

namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>Something is asked of an entity, or of several.</summary>
/// <param name="Id">The sequence number.</param>
/// <param name="Name">The operation's name, or lock or unlock.</param>
/// <param name="Kind">What is asked.</param>
/// <param name="EntityId">The entity, or the first of them.</param>
internal abstract record EntityAction(int Id, string Name, EntityRequestKind Kind, string EntityId) : OrchestratorAction(Id, Name)
{
    /// <summary>Whether a recorded event stands for this action.</summary>
    public virtual bool Fits(HistoryEvent recorded) =>
        recorded.Request == Kind && string.Equals(recorded.InstanceId, EntityId, StringComparison.Ordinal);
}
