using System.Globalization;
using System.Text;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Microsoft.Data.Sqlite;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>Reads instances beside the writer, from the last state on the disk.</summary>
internal sealed class InstanceQueries(DurableTaskSettings settings) : IDisposable
{
    private const string Summary =
        "instance_id, execution, name, version, status, created, updated, start_at, NULL, NULL, NULL, failure, "
        + "parent_id, parent_name, parent_execution, parent_task, tags, NULL";

    private readonly string connectionString = new SqliteConnectionStringBuilder
    {
        DataSource = settings.DatabasePath, Mode = SqliteOpenMode.ReadWrite, Pooling = true,
    }.ToString();

    public InstanceRecord? Find(string instanceId, bool withPayloads) => Query(
        $"SELECT {(withPayloads ? InstanceTable.Columns : Summary)} FROM instances WHERE instance_id = $0", InstanceTable.Read, instanceId)
        .Select(WithPayloads).FirstOrDefault();

    /// <summary>The events of an execution in order, with all payloads.</summary>
    public List<HistoryEvent> ReadHistory(long execution) =>
    [
        .. Query("SELECT events FROM history WHERE execution = $0 ORDER BY turn", row => row.GetString(0), execution)
            .SelectMany(HistoryJson.ReadEvents)
            .Select(item => item with { Input = ReadPayload(item.Input), Result = ReadPayload(item.Result) }),
    ];

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
        var rows = Query(sql.ToString(), row => (Instance: InstanceTable.Read(row), Number: row.GetInt64(18)), [.. values]);
        string? next = null;
        if (rows.Count > size)
        {
            rows.RemoveAt(size);
            next = FormattableString.Invariant($"{rows[^1].Instance.CreatedAt.Ticks}.{rows[^1].Number}");
        }

        return new Page<InstanceRecord>([.. rows.Select(row => WithPayloads(row.Instance))], next);
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
        var rows = Query(sql.ToString(), row => (Id: row.GetString(0), Completed: row.GetInt64(1), Number: row.GetInt64(2)), [.. values]);
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
        return Query(sql.ToString(), row => row.GetString(0), [.. values]);
    }

    public void Dispose()
    {
        using var connection = new SqliteConnection(connectionString);
        SqliteConnection.ClearPool(connection);
    }

    private InstanceRecord WithPayloads(InstanceRecord instance) => instance with
    {
        Input = ReadPayload(instance.Input), Output = ReadPayload(instance.Output),
    };

    // What was purged between the two reads is shown as absent.
    private string? ReadPayload(string? text) => PayloadTable.IsReference(text)
        ? Query("SELECT payload FROM payloads WHERE digest = $0", row => row.GetString(0), Convert.FromHexString(text.AsSpan(1))).FirstOrDefault()
        : text;

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

    private static (long Key, long Number) ReadToken(string token)
    {
        var parts = token.Split('.');
        return parts.Length == 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var key)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (key, number)
            : throw new ArgumentException("The continuation token is not one that a listing gave.", nameof(token));
    }

    private List<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params object?[] values)
    {
        using var connection = new SqliteConnection(connectionString);
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Built of constants; values are parameters.
        command.CommandText = sql;
#pragma warning restore CA2100
        for (var i = 0; i < values.Length; i++)
            command.Parameters.AddWithValue(string.Create(CultureInfo.InvariantCulture, $"${i}"), values[i] ?? DBNull.Value);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(read(reader));
        return rows;
    }
}
