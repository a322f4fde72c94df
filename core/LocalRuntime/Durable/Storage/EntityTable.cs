using Iml4e.LocalRuntime.Durable.History;
using Microsoft.Data.Sqlite;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>Statements over the entities and their inboxes.</summary>
internal static class EntityTable
{
    /// <summary>What the format of the database with entities adds.</summary>
    public const string Schema = """
        CREATE TABLE entities (
            entity_id TEXT NOT NULL PRIMARY KEY,
            updated INTEGER NOT NULL,
            holder_id TEXT,
            holder_execution INTEGER,
            holder_task INTEGER,
            state TEXT
        );
        CREATE INDEX entities_holder ON entities (holder_execution) WHERE holder_execution IS NOT NULL;
        CREATE TABLE entity_inbox (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            entity_id TEXT NOT NULL,
            kind INTEGER NOT NULL,
            due INTEGER,
            caller_id TEXT,
            caller_execution INTEGER,
            caller_task INTEGER,
            operation TEXT,
            lock_set TEXT,
            input TEXT
        );
        CREATE INDEX entity_inbox_entity ON entity_inbox (entity_id);
        CREATE INDEX entity_inbox_locks ON entity_inbox (caller_execution) WHERE kind = 2;
        """;

    /// <summary>What the format of the database adds in which the messages of one caller are found among many.</summary>
    public const string CallerIndex = """
        DROP INDEX IF EXISTS entity_inbox_locks;
        CREATE INDEX entity_inbox_caller ON entity_inbox (caller_execution) WHERE caller_execution IS NOT NULL;
        """;

    private const string MessageColumns = "entity_id, kind, due, caller_id, caller_execution, caller_task, operation, lock_set, input, trace";

    private const string StoredColumns =
        MessageColumns + ", number, (SELECT f.crashes FROM falls f WHERE f.kind = 1 AND f.number = entity_inbox.number AND f.part = 0)";

    /// <summary>The entity; one that has no row has neither state nor holder.</summary>
    public static EntityRecord Find(StoreDatabase database, string entityId) => database.Query(
        "SELECT entity_id, state, holder_id, holder_execution, holder_task FROM entities WHERE entity_id = $0",
        row => new EntityRecord(row.GetString(0), Text(row, 1), Link(row, 2)),
        entityId) is [var entity]
        ? entity with { State = PayloadTable.Read(database, entity.State) }
        : new EntityRecord(entityId, null, null);

    /// <summary>Keeps an entity; one that never had a state or a holder gets no row.</summary>
    public static void Write(StoreDatabase database, EntityRecord entity, DateTime now)
    {
        var holder = entity.Holder;
        var state = PayloadTable.Replace(database, PayloadOwner.State(entity.EntityId), entity.State);
        var sql = entity.State is null && holder is null
            ? "UPDATE entities SET updated = $1, holder_id = $2, holder_execution = $3, holder_task = $4, state = $5 WHERE entity_id = $0"
            : "INSERT INTO entities (entity_id, updated, holder_id, holder_execution, holder_task, state) VALUES ($0, $1, $2, $3, $4, $5) "
                + "ON CONFLICT (entity_id) DO UPDATE SET updated = excluded.updated, holder_id = excluded.holder_id, "
                + "holder_execution = excluded.holder_execution, holder_task = excluded.holder_task, state = excluded.state";
        database.Execute(sql, entity.EntityId, now.Ticks, holder?.InstanceId, holder?.Execution, holder?.TaskId, state);
    }

    /// <summary>Puts a message into the entity's inbox; gives it as it is kept there, a large input as a reference.</summary>
    public static EntityMessage Insert(StoreDatabase database, EntityMessage message)
    {
        var input = PayloadTable.Store(database, message.Input);
        var number = database.Insert(
            $"INSERT INTO entity_inbox ({MessageColumns}) VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8, $9)",
            message.EntityId,
            (int)message.Kind,
            message.Due?.Ticks,
            message.Caller?.InstanceId,
            message.Caller?.Execution,
            message.Caller?.TaskId,
            message.Operation,
            HistoryJson.Write(message.LockSet),
            input,
            message.Trace);
        PayloadTable.Use(database, PayloadOwner.Message(number), input);
        return message with { Number = number, Input = input };
    }

    /// <summary>Whether there was such a message.</summary>
    public static bool Delete(StoreDatabase database, long number)
    {
        var deleted = database.Query("DELETE FROM entity_inbox WHERE number = $0 RETURNING input", row => Text(row, 0), number);
        if (deleted is [var input] && PayloadTable.IsReference(input))
            PayloadTable.Release(database, PayloadOwner.Message(number));
        return deleted.Count == 1;
    }

    /// <summary>A message with its input; null when there is none of that number.</summary>
    public static EntityMessage? FindMessage(StoreDatabase database, long number) => database.Query(
        $"SELECT {StoredColumns} FROM entity_inbox WHERE number = $0", ReadMessage, number) is [var message]
        ? message with { Input = PayloadTable.Read(database, message.Input) }
        : null;

    /// <summary>What has arrived for an entity after the message of a number, in order; large inputs as references.</summary>
    public static List<EntityMessage> ReadInbox(StoreDatabase database, string entityId, long after, int limit) => database.Query(
        $"SELECT {StoredColumns} FROM entity_inbox WHERE entity_id = $0 AND number > $1 AND due IS NULL ORDER BY number LIMIT $2",
        ReadMessage,
        entityId,
        after,
        limit);

    /// <summary>The same of what one orchestration has asked of it; found by the caller, for that is the shorter list.</summary>
    public static List<EntityMessage> ReadInboxOf(StoreDatabase database, CallerLink caller, string entityId, long after, int limit) => database.Query(
        $"SELECT {StoredColumns} FROM entity_inbox WHERE caller_execution = $0 AND number > $1 AND +entity_id = $2 AND due IS NULL ORDER BY number LIMIT $3",
        ReadMessage,
        caller.Execution,
        after,
        entityId,
        limit);

    /// <summary>Whether the call of an orchestration still waits at the entity.</summary>
    public static bool HasCall(StoreDatabase database, string entityId, CallerLink caller) => database.Query(
        "SELECT 1 FROM entity_inbox WHERE entity_id = $0 AND kind = 0 AND caller_execution = $1 AND caller_task = $2",
        row => true,
        entityId,
        caller.Execution,
        caller.TaskId).Count > 0;

    public static CallerLink? Link(SqliteDataReader row, int column) => row.IsDBNull(column)
        ? null
        : new CallerLink(row.GetString(column), row.GetInt64(column + 1), row.GetInt32(column + 2));

    private static EntityMessage ReadMessage(SqliteDataReader row) => new(row.GetString(0), (EntityRequestKind)row.GetInt32(1))
    {
        Due = row.IsDBNull(2) ? null : InstanceTable.Time(row.GetInt64(2)),
        Caller = Link(row, 3),
        Operation = Text(row, 6),
        LockSet = HistoryJson.ReadNames(Text(row, 7)),
        Input = Text(row, 8),
        Trace = Text(row, 9),
        Number = row.GetInt64(10),
        Crashes = row.IsDBNull(11) ? 0 : row.GetInt32(11),
    };

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
