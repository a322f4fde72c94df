using Microsoft.Data.Sqlite;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>The one writing connection to the hub's database, with its prepared statements; used by the writer's thread alone.</summary>
internal sealed class StoreDatabase : IDisposable
{
    private const string Schema = """
        CREATE TABLE instances (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            instance_id TEXT NOT NULL UNIQUE,
            execution INTEGER NOT NULL,
            name TEXT NOT NULL,
            version TEXT,
            status INTEGER NOT NULL,
            created INTEGER NOT NULL,
            updated INTEGER NOT NULL,
            completed INTEGER,
            start_at INTEGER,
            input TEXT,
            output TEXT,
            custom_status TEXT,
            failure TEXT,
            parent_id TEXT,
            parent_name TEXT,
            parent_execution INTEGER,
            parent_task INTEGER,
            tags TEXT,
            carried TEXT
        );
        CREATE INDEX instances_created ON instances (created);
        CREATE INDEX instances_completed ON instances (completed, status) WHERE completed IS NOT NULL;
        CREATE INDEX instances_active ON instances (status) WHERE completed IS NULL;
        CREATE INDEX instances_parent ON instances (parent_id) WHERE parent_id IS NOT NULL;
        CREATE TABLE history (
            execution INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            event TEXT NOT NULL,
            PRIMARY KEY (execution, sequence)
        ) WITHOUT ROWID;
        CREATE TABLE inbox (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            instance_id TEXT NOT NULL,
            execution INTEGER NOT NULL,
            event TEXT NOT NULL
        );
        CREATE INDEX inbox_instance ON inbox (instance_id);
        CREATE TABLE activities (
            execution INTEGER NOT NULL,
            task INTEGER NOT NULL,
            instance_id TEXT NOT NULL,
            name TEXT NOT NULL,
            version TEXT,
            input TEXT,
            crashes INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (execution, task)
        ) WITHOUT ROWID;
        CREATE TABLE timers (
            execution INTEGER NOT NULL,
            task INTEGER NOT NULL,
            instance_id TEXT NOT NULL,
            due INTEGER NOT NULL,
            PRIMARY KEY (execution, task)
        ) WITHOUT ROWID;
        PRAGMA user_version = 1;
        """;

    private readonly SqliteConnection connection;
    private readonly Dictionary<string, SqliteCommand> statements = new(StringComparer.Ordinal);

    public StoreDatabase(string path, bool synchronous)
    {
        SQLitePCL.Batteries_V2.Init();
        connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        Run("PRAGMA journal_mode = WAL");
        Run(synchronous ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
        Run("PRAGMA busy_timeout = 10000");
        var version = Scalar("PRAGMA user_version");
        if (version == 0)
            Run("BEGIN IMMEDIATE;" + Schema + "COMMIT;");
        else if (version != 1)
            throw new InvalidDataException(FormattableString.Invariant($"The durable task database has format {version}; this runtime knows format 1."));
    }

    public void Begin() => Execute("BEGIN IMMEDIATE");

    public void Commit() => Execute("COMMIT");

    /// <summary>Takes back the open transaction, if there is one.</summary>
    public void Rollback()
    {
        if (SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) == 0)
            Execute("ROLLBACK");
    }

    /// <summary>Runs a statement with positional parameters $0, $1, … and gives the number of rows changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<object?> values) => Prepare(sql, values).ExecuteNonQuery();

    /// <summary>Runs an insert and gives the number of the row.</summary>
    public long Insert(string sql, params ReadOnlySpan<object?> values)
    {
        Execute(sql, values);
        return SQLitePCL.raw.sqlite3_last_insert_rowid(connection.Handle);
    }

    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        using var reader = Prepare(sql, values).ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(read(reader));
        return rows;
    }

    public void Dispose()
    {
        foreach (var statement in statements.Values)
            statement.Dispose();
        connection.Dispose();
    }

    private long Scalar(string sql) => Query(sql, reader => reader.GetInt64(0))[0];

    private void Run(string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constant texts of this class.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private SqliteCommand Prepare(string sql, ReadOnlySpan<object?> values)
    {
        if (!statements.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
#pragma warning disable CA2100 // Constant texts of the store; values are parameters.
            command.CommandText = sql;
#pragma warning restore CA2100
            for (var i = 0; i < values.Length; i++)
                command.Parameters.Add(new SqliteParameter { ParameterName = FormattableString.Invariant($"${i}") });
            statements.Add(sql, command);
        }

        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        return command;
    }
}
