using System.Globalization;
using System.Text;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>What the viewer reads from the store; no code of the app runs for it.</summary>
internal sealed class ViewerQueries(InstanceQueries queries)
{
    private const int MaxChildren = 200;

    /// <summary>How many instances there are of each status that has any.</summary>
    public Dictionary<string, long> Count() => queries.Read(database => database
        .Query("SELECT status, COUNT(*) FROM instances WHERE completed IS NULL GROUP BY status", ReadCount)
        .Concat(database.Query("SELECT status, COUNT(*) FROM instances WHERE completed IS NOT NULL GROUP BY status", ReadCount))
        .ToDictionary(count => count.Status.ToString(), count => count.Number, StringComparer.Ordinal));

    /// <summary>A page of instances without their payloads, the newest first.</summary>
    /// <exception cref="ArgumentException">The token is not one that a page gave.</exception>
    public Page<InstanceRecord> List(InstanceFilter filter, int size, string? token)
    {
        var sql = new StringBuilder($"SELECT {InstanceQueries.Summary}, number FROM instances WHERE 1 = 1");
        var values = new List<object?>();
        if (filter.Statuses is { Count: > 0 } statuses)
            sql.Append(CultureInfo.InvariantCulture, $" AND status IN ({string.Join(',', statuses.Select(status => (int)status))})");
        if (filter.RootsOnly)
            sql.Append(" AND parent_id IS NULL");
        if (filter.Search is { Length: > 0 } search)
        {
            sql.Append(CultureInfo.InvariantCulture, $@" AND (instance_id LIKE ${values.Count} ESCAPE '\' OR name LIKE ${values.Count} ESCAPE '\')");
            values.Add($"%{Escape(search)}%");
        }

        if (!string.IsNullOrEmpty(token))
        {
            var (created, number) = InstanceQueries.ReadToken(token);
            sql.Append(CultureInfo.InvariantCulture, $" AND (created, number) < (${values.Count}, ${values.Count + 1})");
            values.AddRange([created, number]);
        }

        sql.Append(CultureInfo.InvariantCulture, $" ORDER BY created DESC, number DESC LIMIT ${values.Count}");
        values.Add(size + 1L);
        var rows = queries.Read(database =>
            database.Query(sql.ToString(), row => (Instance: InstanceTable.Read(row), Number: row.GetInt64(InstanceTable.ColumnCount)), [.. values]));
        if (rows.Count <= size)
            return new Page<InstanceRecord>(rows.ConvertAll(row => row.Instance));
        rows.RemoveAt(size);
        return new Page<InstanceRecord>(
            rows.ConvertAll(row => row.Instance), FormattableString.Invariant($"{rows[^1].Instance.CreatedAt.Ticks}.{rows[^1].Number}"));
    }

    /// <summary>All that there is of an instance; null when there is none of that id.</summary>
    public InstanceSnapshot? Find(string instanceId) => queries.Read(database =>
    {
        if (InstanceTable.Find(database, instanceId) is not { } instance)
            return null;
        var (id, execution) = (instance.InstanceId, instance.Execution);
        List<HistoryEvent> history = [.. HistoryStore.ReadHistory(database, execution).SelectMany(HistoryJson.ReadEvents)];
        var inbox = database.Query(
            "SELECT event FROM inbox WHERE instance_id = $0 AND execution IN (0, $1) ORDER BY number",
            row => HistoryJson.ReadEvent(row.GetString(0)),
            id,
            execution);
        var timers = database.Query("SELECT task FROM timers WHERE execution = $0", row => row.GetInt32(0), execution);
        var waits = database.Query("SELECT waits FROM waits WHERE execution = $0", row => HistoryJson.ReadWaits(row.GetString(0)), execution);
        var children = database.Query(
            "SELECT instance_id, name, status, parent_task FROM instances WHERE parent_id = $0 AND parent_execution = $1 "
            + "ORDER BY completed IS NOT NULL, parent_task LIMIT $2",
            row => new ChildSummary(row.GetString(0), row.GetString(1), ((OrchestrationRuntimeStatus)row.GetInt32(2)).ToString(), row.GetInt32(3)),
            id,
            execution,
            MaxChildren);
        var childCount = children.Count < MaxChildren ? children.Count : database.Query(
            "SELECT COUNT(*) FROM instances WHERE parent_id = $0 AND parent_execution = $1", row => row.GetInt32(0), id, execution)[0];
        return new InstanceSnapshot(instance, history, inbox, timers.ToHashSet(), waits.FirstOrDefault(), children, childCount);
    });

    /// <summary>The whole payload that a text is or stands for.</summary>
    public string? ReadPayload(string? text) => queries.Read(database => PayloadTable.Read(database, text));

    /// <summary>The beginning of a payload.</summary>
    public PayloadPreview? Preview(string? text, int length)
    {
        if (text is null)
            return null;
        if (!PayloadTable.IsReference(text))
            return Cut(text, text.Length);
        var digest = Convert.FromHexString(text.AsSpan(1));
        var found = queries.Read(database => database.Query(
            "SELECT substr(payload, 1, $1), length(payload) FROM payloads WHERE digest = $0",
            row => (Text: row.GetString(0), Length: row.GetInt32(1)),
            digest,
            length));
        return found is [var payload] ? Cut(payload.Text, payload.Length) : null;

        PayloadPreview Cut(string start, int whole)
        {
            // Half a character at the end would not survive as JSON.
            var end = Math.Min(start.Length, length);
            if (end > 0 && end < whole && char.IsHighSurrogate(start[end - 1]))
                end--;
            return new PayloadPreview(start[..end], whole);
        }
    }

    private static string Escape(string search) => search
        .Replace(@"\", @"\\", StringComparison.Ordinal)
        .Replace("%", @"\%", StringComparison.Ordinal)
        .Replace("_", @"\_", StringComparison.Ordinal);

    private static (OrchestrationRuntimeStatus Status, long Number) ReadCount(Microsoft.Data.Sqlite.SqliteDataReader row) =>
        ((OrchestrationRuntimeStatus)row.GetInt32(0), row.GetInt64(1));
}
