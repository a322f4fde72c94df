using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.DurableTask.Client.Entities;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>Cleans the table of entities inside the open transaction.</summary>
internal static class EntityCleaner
{
    public static CleanEntityStorageResult Clean(
        StoreDatabase database, CleanEntityStorageRequest request, DateTime emptyBefore, int pageSize, List<Delivery> deliveries)
    {
        var ids = database.Query(
            "SELECT entity_id FROM entities WHERE entity_id > $0 ORDER BY entity_id LIMIT $1", row => row.GetString(0), request.ContinuationToken ?? "",
            pageSize);
        if (ids.Count == 0)
            return default;
        return new CleanEntityStorageResult
        {
            OrphanedLocksReleased = request.ReleaseOrphanedLocks ? ReleaseOrphans(database, ids[0], ids[^1], deliveries) : 0,
            EmptyEntitiesRemoved = request.RemoveEmptyEntities ? RemoveEmpty(database, ids[0], ids[^1], emptyBefore) : 0,
            ContinuationToken = ids.Count == pageSize ? ids[^1] : null,
        };
    }

    /// <summary>Frees entities whose holder does not run: an unlock is sent, for the entity may be at work.</summary>
    private static int ReleaseOrphans(StoreDatabase database, string first, string last, List<Delivery> deliveries)
    {
        var orphans = database.Query(
            "SELECT entity_id, holder_id, holder_execution, holder_task FROM entities e WHERE entity_id BETWEEN $0 AND $1 AND holder_id IS NOT NULL "
            + "AND NOT EXISTS (SELECT 1 FROM instances i WHERE i.instance_id = e.holder_id AND i.execution = e.holder_execution AND i.completed IS NULL) "
            + "AND NOT EXISTS (SELECT 1 FROM entity_inbox m WHERE m.entity_id = e.entity_id AND m.kind = 3 AND m.caller_execution = e.holder_execution)",
            row => new EntityMessage(row.GetString(0), EntityRequestKind.Unlock) { Caller = EntityTable.Link(row, 1) },
            first,
            last);
        foreach (var unlock in orphans)
            deliveries.Add(EntityWriter.Send(database, unlock));
        return orphans.Count;
    }

    private static int RemoveEmpty(StoreDatabase database, string first, string last, DateTime before) => database.Execute(
        "DELETE FROM entities WHERE entity_id BETWEEN $0 AND $1 AND state IS NULL AND holder_id IS NULL AND updated <= $2 "
        + "AND NOT EXISTS (SELECT 1 FROM entity_inbox m WHERE m.entity_id = entities.entity_id)",
        first,
        last,
        before.Ticks);
}
