using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Storage;

namespace Iml4e.LocalRuntime.Durable.Entities;

/// <summary>What an entity does next: some operations, then perhaps a lock; from then on only its holder is served.</summary>
internal sealed class EntityWork
{
    private EntityWork(CallerLink? holder) => Holder = holder;

    public List<EntityMessage> Operations { get; } = [];

    public EntityMessage? LockRequest { get; private set; }

    /// <summary>Rows of all the messages that are dealt with.</summary>
    public List<long> Consumed { get; } = [];

    /// <summary>Who has the entity locked after the operations and before the lock request.</summary>
    public CallerLink? Holder { get; private set; }

    /// <summary>
    /// Takes from the waiting messages, in order of arrival, those that the entity may deal with now. An operation that was running in the last fall of
    /// the process is taken alone, so that what stands beside it is not lost again and again.
    /// </summary>
    /// <param name="waiting">What has arrived, in order; what is taken is removed.</param>
    /// <param name="holder">Who has the entity locked.</param>
    /// <param name="maxOperations">How many operations are taken at most.</param>
    /// <param name="isComplete">Whether nothing that arrived before the last message is missing; if not, the end of a lock is the end of the work.</param>
    public static EntityWork Take(LinkedList<EntityMessage> waiting, CallerLink? holder, int maxOperations, bool isComplete = true)
    {
        var work = new EntityWork(holder);
        var node = waiting.First;
        while (node is not null && work.LockRequest is null && work.Operations.Count < maxOperations)
        {
            var next = node.Next;
            if (work.MayDo(node.Value))
            {
                var suspected = node.Value.Crashes > 0;
                if (suspected && work.Consumed.Count > 0)
                    break;
                waiting.Remove(node);
                var wasLocked = work.Holder is not null;
                work.Add(node.Value);
                if (suspected)
                    break;

                // Those that the lock kept waiting come first, in their order.
                if (wasLocked && work.Holder is null)
                    next = isComplete ? waiting.First : null;
            }

            node = next;
        }

        return work;
    }

    /// <summary>Whether no lock keeps a message waiting. An unlock that is not the holder's comes too late, and is dropped.</summary>
    private bool MayDo(EntityMessage message) =>
        Holder is null || message.Kind == EntityRequestKind.Unlock || message.Caller?.Execution == Holder.Execution;

    private void Add(EntityMessage message)
    {
        Consumed.Add(message.Number);
        switch (message.Kind)
        {
            case EntityRequestKind.Lock:
                LockRequest = message;
                break;
            case EntityRequestKind.Unlock when message.Caller == Holder:
                Holder = null;
                break;
            case EntityRequestKind.Call or EntityRequestKind.Signal:
                Operations.Add(message);
                break;
        }
    }
}
