using System.Globalization;
using System.Text;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>Reads instances beside the writer, from the last state on the disk.</summary>
internal sealed class InstanceQueries(StoreReaders readers)
{
    /// <summary>The columns of an instance without its payloads.</summary>
    public const string Summary =
        "instance_id, execution, name, version, status, created, updated, start_at, NULL, NULL, NULL, failure, "
        + "parent_id, parent_name, parent_execution, parent_task, tags, NULL, NULL";

    public InstanceRecord? Find(string instanceId, bool withPayloads) => readers.Read(database => Find(database, instanceId, withPayloads));

    /// <summary>An instance with its payloads and, if asked for, the history of its present execution as it stands together with it.</summary>
    public (InstanceRecord Instance, List<HistoryEvent> History)? FindWithHistory(string instanceId, bool withHistory = true) =>
        readers.Read<(InstanceRecord, List<HistoryEvent>)?>(database => Find(database, instanceId, withPayloads: true) is { } instance
            ? (instance, withHistory ? ReadHistory(database, instance.Execution) : [])
            : null);

    /// <summary>The events of an execution in order, with all payloads.</summary>
    public List<HistoryEvent> ReadHistory(long execution) => readers.Read(database => ReadHistory(database, execution));

    /// <summary>Reads otherwise than by the listings here, from one state of the database.</summary>
    public T Read<T>(Func<StoreDatabase, T> body) => readers.Read(body);

    /// <summary>A page of instances in order of creation.</summary>
    /// <exception cref="ArgumentException">The continuation token is not one of ours.</exception>
    public Page<InstanceRecord> List(OrchestrationQuery query)
    {
        var sql = new StringBuilder($"SELECT {(query.FetchInputsAndOutputs ? InstanceTable.Columns : Summary)}, number FROM instances WHERE 1 = 1");
        var values = new List<object?>();
        AddFilter(sql, values, query.CreatedFrom, query.CreatedTo, query.Statuses);
        if (query.InstanceIdPrefix is { Length: > 0 } prefix)
            sql.Append(Parameter(values, prefix, " AND substr(instance_id, 1, length({0})) = {0}"));
        if (query.ContinuationToken is { Length: > 0 } token)
        {
            var (created, number) = ReadToken(token);
            sql.Append(Parameter(values, created, " AND (created, number) > ({0}, "));
            sql.Append(Parameter(values, number, "{0})"));
        }

        var size = query.PageSize > 0 ? query.PageSize : OrchestrationQuery.DefaultPageSize;
        sql.Append(Parameter(values, size + 1L, " ORDER BY created, number LIMIT {0}"));
        var rows = readers.Read(database => database
            .Query(sql.ToString(), row => (Instance: InstanceTable.Read(row), Number: row.GetInt64(InstanceTable.ColumnCount)), [.. values])
            .ConvertAll(row => (Instance: WithPayloads(database, row.Instance), row.Number)));
        string? next = null;
        if (rows.Count > size)
        {
            rows.RemoveAt(size);
            next = FormattableString.Invariant($"{rows[^1].Instance.CreatedAt.Ticks}.{rows[^1].Number}");
        }

        return new Page<InstanceRecord>([.. rows.Select(row => row.Instance)], next);
    }

    /// <summary>Ids of finished instances in order of completion.</summary>
    public Page<string> ListFinished(
        IEnumerable<OrchestrationRuntimeStatus>? statuses, DateTimeOffset? from, DateTimeOffset? to, int pageSize, string? token)
    {
        var sql = new StringBuilder("SELECT instance_id, completed, number FROM instances WHERE completed IS NOT NULL");
        var values = new List<object?>();
        AddStatuses(sql, statuses);
        if (from is { } first)
            sql.Append(Parameter(values, first.UtcTicks, " AND completed >= {0}"));
        if (to is { } last)
            sql.Append(Parameter(values, last.UtcTicks, " AND completed <= {0}"));
        if (!string.IsNullOrEmpty(token))
        {
            var (completed, number) = ReadToken(token);
            sql.Append(Parameter(values, completed, " AND (completed, number) > ({0}, "));
            sql.Append(Parameter(values, number, "{0})"));
        }

        sql.Append(Parameter(values, pageSize + 1L, " ORDER BY completed, number LIMIT {0}"));
        var rows = readers.Read(database => database.Query(
            sql.ToString(), row => (Id: row.GetString(0), Completed: row.GetInt64(1), Number: row.GetInt64(2)), [.. values]));
        var more = rows.Count > pageSize;
        if (more)
            rows.RemoveAt(pageSize);
        return new Page<string>([.. rows.Select(row => row.Id)], more ? FormattableString.Invariant($"{rows[^1].Completed}.{rows[^1].Number}") : null);
    }

    /// <summary>Ids of finished instances that a purge is about, at most as many as asked for.</summary>
    public List<string> FindFinished(PurgeInstancesFilter filter, int limit)
    {
        var sql = new StringBuilder("SELECT instance_id FROM instances WHERE completed IS NOT NULL");
        var values = new List<object?>();
        AddFilter(sql, values, filter.CreatedFrom, filter.CreatedTo, filter.Statuses);
        sql.Append(Parameter(values, limit, " LIMIT {0}"));
        return readers.Read(database => database.Query(sql.ToString(), row => row.GetString(0), [.. values]));
    }

    private static InstanceRecord? Find(StoreDatabase database, string instanceId, bool withPayloads)
    {
        var columns = withPayloads ? InstanceTable.Columns : Summary;
        return database.Query($"SELECT {columns} FROM instances WHERE instance_id = $0", InstanceTable.Read, instanceId) is [var instance]
            ? WithPayloads(database, instance)
            : null;
    }

    private static List<HistoryEvent> ReadHistory(StoreDatabase database, long execution) =>
    [
        .. HistoryStore.ReadHistory(database, execution)
            .SelectMany(HistoryJson.ReadEvents)
            .Select(item => item with { Input = PayloadTable.Read(database, item.Input), Result = PayloadTable.Read(database, item.Result) }),
    ];

    /// <summary>How many instances there are of each status that is not the last and has any.</summary>
    public static Dictionary<OrchestrationRuntimeStatus, long> CountUnfinished(StoreDatabase database) => database
        .Query(
            "SELECT status, COUNT(*) FROM instances WHERE completed IS NULL GROUP BY status",
            row => KeyValuePair.Create((OrchestrationRuntimeStatus)row.GetInt32(0), row.GetInt64(1)))
        .ToDictionary();

    /// <summary>Since when the oldest instance waits to begin, those left out whose time has not come; null when there is none.</summary>
    public static DateTime? OldestPending(StoreDatabase database, DateTime now) => First(
        database,
        "SELECT MIN(MAX(created, COALESCE(start_at, 0))) FROM instances WHERE completed IS NULL AND status = 6 AND COALESCE(start_at, 0) <= $0",
        now.Ticks);

    /// <summary>When the running instance last did something that has stood still longest; null when there is none.</summary>
    public static DateTime? LongestIdle(StoreDatabase database, DateTime now) => First(
        database, "SELECT MIN(updated) FROM instances WHERE completed IS NULL AND status = 0 AND updated <= $0", now.Ticks);

    private static DateTime? First(StoreDatabase database, string sql, long now) =>
        database.Query(sql, row => row.IsDBNull(0) ? (DateTime?)null : InstanceTable.Time(row.GetInt64(0)), now)[0];

    private static InstanceRecord WithPayloads(StoreDatabase database, InstanceRecord instance) => instance with
    {
        Input = PayloadTable.Read(database, instance.Input), Output = PayloadTable.Read(database, instance.Output),
    };

    private static void AddFilter(
        StringBuilder sql, List<object?> values, DateTimeOffset? from, DateTimeOffset? to, IEnumerable<OrchestrationRuntimeStatus>? statuses)
    {
        if (from is { } first)
            sql.Append(Parameter(values, first.UtcTicks, " AND created >= {0}"));
        if (to is { } last)
            sql.Append(Parameter(values, last.UtcTicks, " AND created <= {0}"));
        AddStatuses(sql, statuses);
    }

    private static void AddStatuses(StringBuilder sql, IEnumerable<OrchestrationRuntimeStatus>? statuses)
    {
        if (statuses?.ToList() is { Count: > 0 } wanted)
            sql.Append(CultureInfo.InvariantCulture, $" AND status IN ({string.Join(',', wanted.Select(status => (int)status))})");
    }

    private static string Parameter(List<object?> values, object value, string format)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"${values.Count}");
        values.Add(value);
        return format.Replace("{0}", name, StringComparison.Ordinal);
    }

    /// <summary>Where a page goes on, as the page before it said.</summary>
    /// <exception cref="ArgumentException">The token is not one that a listing gave.</exception>
    public static (long Key, long Number) ReadToken(string token)
    {
        var parts = token.Split('.');
        return parts.Length == 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var key)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (key, number)
            : throw new ArgumentException("The continuation token is not one that a listing gave.", nameof(token));
    }
}
