using System.Text;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client.Entities;
using Microsoft.Data.Sqlite;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>Reads entities beside the writer, from the last state on the disk.</summary>
internal sealed class EntityQueries(StoreReaders readers)
{
    private const string Backlog = "(SELECT COUNT(*) FROM entity_inbox m WHERE m.entity_id = entities.entity_id AND m.due IS NULL)";

    /// <summary>The entity; null when it has no state.</summary>
    public EntitySummary? Find(string entityId, bool withState) => readers.Read(database => database.Query(
        $"SELECT {Columns(withState)} FROM entities WHERE entity_id = $0 AND state IS NOT NULL", Read, entityId) is [var entity]
        ? WithState(database, entity)
        : null);

    /// <summary>A page of entities in order of their ids.</summary>
    /// <exception cref="ArgumentException">The continuation token is not one of ours.</exception>
    public Page<EntitySummary> List(EntityQuery query)
    {
        var sql = new StringBuilder($"SELECT {Columns(query.IncludeState)} FROM entities WHERE 1 = 1");
        var values = new List<object?>();
        if (!query.IncludeTransient)
            sql.Append(" AND state IS NOT NULL");
        if (query.InstanceIdStartsWith is { Length: > 0 } prefix)
        {
            Add(" AND entity_id >= {0}", prefix);
            if (TextRange.AfterPrefix(prefix) is { } end)
                Add(" AND entity_id < {0}", end);
        }

        if (query.LastModifiedFrom is { } from)
            Add(" AND updated >= {0}", from.UtcTicks);
        if (query.LastModifiedTo is { } to)
            Add(" AND updated <= {0}", to.UtcTicks);
        if (query.ContinuationToken is { Length: > 0 } token)
            Add(" AND entity_id > {0}", ReadToken(token));
        var size = query.PageSize is > 0 and < int.MaxValue ? query.PageSize.Value : EntityQuery.DefaultPageSize;
        Add(" ORDER BY entity_id LIMIT {0}", size + 1L);
        var rows = readers.Read(database => database.Query(sql.ToString(), Read, [.. values]).ConvertAll(entity => WithState(database, entity)));
        if (rows.Count <= size)
            return new Page<EntitySummary>(rows);
        rows.RemoveAt(size);
        return new Page<EntitySummary>(rows, Convert.ToBase64String(Encoding.UTF8.GetBytes(rows[^1].EntityId)));

        void Add(string condition, object value)
        {
            sql.Append(condition.Replace("{0}", FormattableString.Invariant($"${values.Count}"), StringComparison.Ordinal));
            values.Add(value);
        }
    }

    private static string Columns(bool withState) =>
        $"entity_id, updated, holder_id, {Backlog}, {(withState ? "state" : "NULL")}";

    private static EntitySummary Read(SqliteDataReader row) => new(
        row.GetString(0),
        InstanceTable.Time(row.GetInt64(1)),
        row.IsDBNull(4) ? null : row.GetString(4),
        row.GetInt32(3),
        row.IsDBNull(2) ? null : row.GetString(2));

    private static EntitySummary WithState(StoreDatabase database, EntitySummary entity) => entity with { State = PayloadTable.Read(database, entity.State) };

    private static string ReadToken(string token)
    {
        var bytes = new byte[token.Length];
        return Convert.TryFromBase64String(token, bytes, out var length) && length > 1 && bytes[0] == '@'
            ? Encoding.UTF8.GetString(bytes, 0, length)
            : throw new ArgumentException("The continuation token is not one that a listing gave.", nameof(token));
    }
}
