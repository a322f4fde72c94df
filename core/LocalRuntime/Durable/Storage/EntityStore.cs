using Iml4e.LocalRuntime.DurableTask.Client.Entities;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>The durable state of a hub's entities, in the database of its orchestrations and behind the same writer.</summary>
/// <param name="writer">The hub's writer.</param>
/// <param name="readers">Read beside it.</param>
/// <param name="deliver">Takes what is to be handed on, after its commit and in its order, on the writer's thread; must not block or throw.</param>
internal sealed class EntityStore(StoreWriter writer, StoreReaders readers, Action<Delivery> deliver)
{
    /// <summary>What entities had to do when the hub was last open.</summary>
    public Task<RecoveredEntities> RecoverAsync() => writer.RunAsync(database => new RecoveredEntities(
        database.Query("SELECT DISTINCT entity_id FROM entity_inbox WHERE due IS NULL", row => row.GetString(0)),
        database.Query(
            "SELECT due, number, entity_id FROM entity_inbox WHERE due IS NOT NULL",
            row => PendingTimer.OfSignal(InstanceTable.Time(row.GetInt64(0)), row.GetInt64(1), row.GetString(2)))));

    /// <summary>Reads an entity and the first messages that wait for it, as of the last commit. What is committed later is delivered after that.</summary>
    public LoadedEntity Load(string entityId, int limit) =>
        readers.Read(database => new LoadedEntity(EntityTable.Find(database, entityId), EntityTable.ReadInbox(database, entityId, 0, limit)));

    /// <summary>Reads the first messages that wait for an entity after the one of a number, in order.</summary>
    public IReadOnlyList<EntityMessage> ReadInbox(string entityId, long after, int limit) =>
        readers.Read(database => EntityTable.ReadInbox(database, entityId, after, limit));

    /// <summary>Reads the first messages of one orchestration that wait for an entity after the one of a number, in order.</summary>
    public IReadOnlyList<EntityMessage> ReadInboxOf(CallerLink caller, string entityId, long after, int limit) =>
        readers.Read(database => EntityTable.ReadInboxOf(database, caller, entityId, after, limit));

    /// <summary>Messages with their inputs, large ones included.</summary>
    public IReadOnlyList<EntityMessage> WithInputs(IReadOnlyList<EntityMessage> messages) => messages.Any(message => PayloadTable.IsReference(message.Input))
        ? readers.Read(database => messages.Select(message => message with { Input = PayloadTable.Read(database, message.Input) }).ToList())
        : messages;

    public Task<EntityCommitResult> CommitAsync(EntityCommit commit) =>
        writer.RunAsync(database => EntityWriter.Write(database, commit), result => Deliver(result.Deliveries));

    /// <summary>Puts a signal into an entity's inbox.</summary>
    public Task SignalAsync(EntityMessage signal) => writer.RunAsync(database => EntityWriter.Send(database, signal), deliver);

    /// <summary>Lets a delayed signal arrive now.</summary>
    public Task ArriveAsync(long number) => writer.RunAsync(
        database =>
        {
            if (EntityTable.FindMessage(database, number) is not { } signal)
                return (Delivery?)null;

            // It gets a new row: rows are numbered in order of arrival.
            EntityTable.Delete(database, number);
            return EntityWriter.Send(database, signal with { Due = null });
        },
        delivery =>
        {
            if (delivery is { } arrived)
                deliver(arrived);
        });

    /// <summary>Cleans a page of entities in order of their ids.</summary>
    /// <param name="request">What to clean, and the id after which the page begins.</param>
    /// <param name="emptyBefore">Entities without a state are removed when they were last changed before this time.</param>
    /// <param name="pageSize">The number of entities looked at.</param>
    /// <returns>What was done; with the last id of the page as its continuation token, or null when that was the last page.</returns>
    public Task<CleanEntityStorageResult> CleanAsync(CleanEntityStorageRequest request, DateTime emptyBefore, int pageSize)
    {
        var deliveries = new List<Delivery>();
        return writer.RunAsync(
            database =>
            {
                deliveries.Clear();
                return EntityCleaner.Clean(database, request, emptyBefore, pageSize, deliveries);
            },
            _ => Deliver(deliveries));
    }

    private void Deliver(IReadOnlyList<Delivery> deliveries)
    {
        foreach (var delivery in deliveries)
            deliver(delivery);
    }
}
