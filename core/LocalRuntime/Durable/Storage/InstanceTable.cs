using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.DurableTask.Client;
using Microsoft.Data.Sqlite;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>Statements over the instances and what belongs to them.</summary>
internal static class InstanceTable
{
    public const string Columns =
        "instance_id, execution, name, version, status, created, updated, start_at, input, output, custom_status, failure, "
        + "parent_id, parent_name, parent_execution, parent_task, tags, carried, trace";

    /// <summary>The number of those columns.</summary>
    public const int ColumnCount = 19;

    /// <summary>The instance of an id; its input and output may be references to payloads that are kept apart.</summary>
    public static InstanceRecord? Find(StoreDatabase database, string instanceId) =>
        database.Query($"SELECT {Columns} FROM instances WHERE instance_id = $0", Read, instanceId).FirstOrDefault();

    public static void Insert(StoreDatabase database, InstanceRecord instance) => database.Execute(
        $"INSERT INTO instances ({Columns}) VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        instance.InstanceId,
        instance.Execution,
        instance.Name,
        instance.Version,
        (int)instance.Status,
        instance.CreatedAt.Ticks,
        instance.UpdatedAt.Ticks,
        instance.StartAt?.Ticks,
        PayloadTable.Keep(database, instance.Execution, instance.Input),
        instance.Output,
        instance.CustomStatus,
        instance.Failure,
        instance.Parent?.InstanceId,
        instance.Parent?.Name,
        instance.Parent?.Execution,
        instance.Parent?.TaskId,
        instance.Tags,
        instance.Carried,
        HistoryJson.Write(instance.Trace));

    /// <summary>Removes an instance and all that belongs to its present execution.</summary>
    public static void Delete(StoreDatabase database, string instanceId, long execution)
    {
        database.Execute("DELETE FROM instances WHERE instance_id = $0", instanceId);
        database.Execute("DELETE FROM inbox WHERE instance_id = $0", instanceId);
        database.Execute("DELETE FROM history WHERE execution = $0", execution);
        database.Execute("DELETE FROM activities WHERE execution = $0", execution);
        database.Execute("DELETE FROM timers WHERE execution = $0", execution);
        database.Execute("DELETE FROM waits WHERE execution = $0", execution);
        PayloadTable.Release(database, PayloadOwner.Execution(execution));
    }

    public static InstanceRecord Read(SqliteDataReader row) => new()
    {
        InstanceId = row.GetString(0),
        Execution = row.GetInt64(1),
        Name = row.GetString(2),
        Version = Text(row, 3),
        Status = (OrchestrationRuntimeStatus)row.GetInt32(4),
        CreatedAt = Time(row.GetInt64(5)),
        UpdatedAt = Time(row.GetInt64(6)),
        StartAt = row.IsDBNull(7) ? null : Time(row.GetInt64(7)),
        Input = Text(row, 8),
        Output = Text(row, 9),
        CustomStatus = Text(row, 10),
        Failure = Text(row, 11),
        Parent = row.IsDBNull(12) ? null : new ParentLink(row.GetString(12), row.GetString(13), row.GetInt64(14), row.GetInt32(15)),
        Tags = Text(row, 16),
        Carried = Text(row, 17),
        Trace = HistoryJson.ReadTrace(Text(row, 18)),
    };

    public static DateTime Time(long ticks) => new(ticks, DateTimeKind.Utc);

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
