using Iml4e.LocalRuntime.Durable.History;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>Writes what entities do, and what is asked of them, inside the open transaction.</summary>
internal static class EntityWriter
{
    public static EntityCommitResult Write(StoreDatabase database, EntityCommit commit)
    {
        var deliveries = new List<Delivery>();
        var holder = commit.Entity.Holder;
        foreach (var number in commit.Consumed)
        {
            // A lock request whose orchestration has ended meanwhile has lost its row, and locks nothing.
            var wasThere = EntityTable.Delete(database, number);
            if (wasThere && commit.LockRequest?.Number == number)
                holder = commit.LockRequest.Caller;
        }

        EntityTable.Write(database, commit.Entity with { Holder = holder }, commit.Now);
        foreach (var signal in commit.Signals)
            deliveries.Add(Send(database, signal));
        foreach (var (caller, answer) in commit.Answers)
            Answer(database, caller, answer, deliveries);
        if (commit.LockRequest is { } request && holder == request.Caller)
            Advance(database, commit, request, deliveries);
        var started = new List<OrchestrationStart>();
        foreach (var start in commit.Starts)
        {
            var result = StartWriter.Start(database, start);
            deliveries.AddRange(result.Deliveries);
            if (result.Existing is null)
                started.Add(start);
        }

        return new EntityCommitResult(holder, started, deliveries);
    }

    public static Delivery Send(StoreDatabase database, EntityMessage message) =>
        new(message.EntityId, null, EntityTable.Insert(database, message));

    /// <summary>Withdraws the lock request of an execution that ends, and frees the entities that it holds after what it has asked of them.</summary>
    public static void ReleaseLocks(StoreDatabase database, long execution, List<Delivery> deliveries)
    {
        database.Execute("DELETE FROM entity_inbox WHERE caller_execution = $0 AND kind = 2", execution);
        var held = database.Query(
            "SELECT entity_id, holder_id, holder_execution, holder_task FROM entities WHERE holder_execution = $0",
            row => (EntityId: row.GetString(0), Holder: EntityTable.Link(row, 1)),
            execution);
        foreach (var (entityId, holder) in held)
            deliveries.Add(Send(database, new EntityMessage(entityId, EntityRequestKind.Unlock) { Caller = holder }));
    }

    /// <summary>Sends a granted request to the next entity of the set, or tells the orchestration that it holds them all.</summary>
    private static void Advance(StoreDatabase database, EntityCommit commit, EntityMessage request, List<Delivery> deliveries)
    {
        var lockSet = request.LockSet!;
        var next = lockSet.TakeWhile(id => id != request.EntityId).Count() + 1;
        if (next < lockSet.Count)
        {
            deliveries.Add(Send(database, request with { EntityId = lockSet[next] }));
            return;
        }

        var caller = request.Caller!;
        Answer(database, caller, new HistoryEvent(HistoryEventKind.EventRaised, commit.Now) { TaskId = caller.TaskId, Name = request.Operation }, deliveries);
    }

    private static void Answer(StoreDatabase database, CallerLink caller, HistoryEvent answer, List<Delivery> deliveries)
    {
        if (WorkItemWriter.Deliver(database, caller.InstanceId, caller.Execution, answer) is { } delivery)
            deliveries.Add(delivery);
    }
}
