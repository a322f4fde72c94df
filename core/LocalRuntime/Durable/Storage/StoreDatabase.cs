using Microsoft.Data.Sqlite;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>A connection to the hub's database, with its prepared statements; used by one thread at a time. There is one that writes.</summary>
internal sealed class StoreDatabase : IDisposable
{
    /// <summary>What brings a database from each format to the next; the format is the number of those that were carried out.</summary>
    private static readonly string[] Formats =
    [
        """
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
        """,
        // A row a turn instead of a row an event; large payloads once each.
        """
        ALTER TABLE history RENAME TO old_history;
        CREATE TABLE history (
            execution INTEGER NOT NULL,
            turn INTEGER NOT NULL,
            events TEXT NOT NULL,
            PRIMARY KEY (execution, turn)
        ) WITHOUT ROWID;
        INSERT INTO history SELECT execution, sequence, '[' || event || ']' FROM old_history;
        DROP TABLE old_history;
        CREATE TABLE payloads (
            digest BLOB PRIMARY KEY,
            payload TEXT NOT NULL
        );
        CREATE TABLE payload_uses (
            execution INTEGER NOT NULL,
            digest BLOB NOT NULL,
            PRIMARY KEY (execution, digest)
        ) WITHOUT ROWID;
        CREATE INDEX payload_uses_digest ON payload_uses (digest);
        """,
        EntityTable.Schema,
        // What executions wait for beyond their calls and timers.
        """
        CREATE TABLE waits (
            execution INTEGER PRIMARY KEY,
            waits TEXT NOT NULL
        );
        """,
        FallTable.Schema,
        PayloadTable.Schema,
        EntityTable.CallerIndex,
        // The traces that instances belong to, and those that what is asked of entities comes from.
        """
        ALTER TABLE instances ADD COLUMN trace TEXT;
        ALTER TABLE entity_inbox ADD COLUMN trace TEXT;
        """,
    ];

    private readonly SqliteConnection connection;
    private readonly Dictionary<string, SqliteCommand> statements = new(StringComparer.Ordinal);

    private StoreDatabase(string path, SqliteOpenMode mode)
    {
        SQLitePCL.Batteries_V2.Init();
        connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, Mode = mode }.ToString());
        connection.Open();
        Run("PRAGMA busy_timeout = 10000");
    }

    /// <summary>Opens the database to write; makes it, or brings it to today's format, where that is needed.</summary>
    /// <exception cref="InvalidDataException">The database is of a newer format.</exception>
    public static StoreDatabase OpenWriter(string path, bool synchronous)
    {
        var database = new StoreDatabase(path, SqliteOpenMode.ReadWriteCreate);
        try
        {
            database.Run("PRAGMA journal_mode = WAL");
            database.Run(synchronous ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
            database.BringUp();
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Opens the database beside the writer; sees what is committed.</summary>
    public static StoreDatabase OpenReader(string path)
    {
        var database = new StoreDatabase(path, SqliteOpenMode.ReadWrite);
        database.Run("PRAGMA query_only = ON");
        return database;
    }

    /// <summary>Begins to read one state of the database, whatever the writer commits meanwhile; ended by <see cref="Commit"/>.</summary>
    public void BeginReading() => Execute("BEGIN");

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

    private void BringUp()
    {
        var format = Query("PRAGMA user_version", reader => reader.GetInt64(0))[0];
        if (format > Formats.Length)
        {
            throw new InvalidDataException(FormattableString.Invariant(
                $"The durable task database has format {format}; this runtime knows formats up to {Formats.Length}."));
        }

        for (; format < Formats.Length; format++)
            Run(FormattableString.Invariant($"BEGIN IMMEDIATE; {Formats[format]} PRAGMA user_version = {format + 1}; COMMIT;"));
    }

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
