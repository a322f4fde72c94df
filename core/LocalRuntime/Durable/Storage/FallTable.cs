using Iml4e.LocalRuntime.Durable.Faults;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>In how many falls of the process in a row each piece of work was running; what was in none has no row.</summary>
internal static class FallTable
{
    /// <summary>What the format of the database with this table adds.</summary>
    public const string Schema = """
        CREATE TABLE falls (
            kind INTEGER NOT NULL,
            number INTEGER NOT NULL,
            part INTEGER NOT NULL,
            crashes INTEGER NOT NULL,
            PRIMARY KEY (kind, number, part)
        ) WITHOUT ROWID;
        INSERT INTO falls SELECT 0, execution, task, crashes FROM activities WHERE crashes > 0;
        ALTER TABLE activities DROP COLUMN crashes;
        """;

    // Work that is done, or was given up, and is not to be run any more.
    private const string Done =
        "(kind = 0 AND NOT EXISTS (SELECT 1 FROM activities a WHERE a.execution = falls.number AND a.task = falls.part)) "
        + "OR (kind = 1 AND NOT EXISTS (SELECT 1 FROM entity_inbox m WHERE m.number = falls.number)) "
        + "OR (kind = 2 AND (NOT EXISTS (SELECT 1 FROM instances i WHERE i.execution = falls.number AND i.completed IS NULL) "
        + "OR EXISTS (SELECT 1 FROM history h WHERE h.execution = falls.number AND h.turn = falls.part)))";

    /// <summary>Forgets work that is done; call before numbers are given to new work.</summary>
    public static void Clean(StoreDatabase database) => database.Execute("DELETE FROM falls WHERE " + Done);

    /// <summary>Counts a fall of the process.</summary>
    /// <param name="database">Inside a transaction.</param>
    /// <param name="running">What was running.</param>
    /// <param name="limit">Falls in a row that convict.</param>
    public static void Count(StoreDatabase database, IReadOnlyCollection<RunningWork> running, int limit)
    {
        foreach (var work in running)
            database.Execute("INSERT OR IGNORE INTO falls (kind, number, part, crashes) VALUES ($0, $1, $2, 0)", (int)work.Kind, work.Number, work.Part);
        Clean(database);
        var known = database.Query(
            "SELECT kind, number, part, crashes FROM falls",
            row => KeyValuePair.Create(new RunningWork((RunningWorkKind)row.GetInt32(0), row.GetInt64(1), row.GetInt32(2)), row.GetInt32(3)));
        foreach (var (work, crashes) in CrashSuspicion.AfterFall(known, running, limit))
        {
            database.Execute(
                "UPDATE falls SET crashes = $3 WHERE kind = $0 AND number = $1 AND part = $2", (int)work.Kind, work.Number, work.Part, crashes);
        }

        database.Execute("DELETE FROM falls WHERE crashes = 0");
    }

    /// <summary>In how many falls in a row work was running.</summary>
    public static int Find(StoreDatabase database, RunningWork work) => database.Query(
        "SELECT crashes FROM falls WHERE kind = $0 AND number = $1 AND part = $2",
        row => row.GetInt32(0),
        (int)work.Kind,
        work.Number,
        work.Part).FirstOrDefault();

    /// <summary>Forgets what is known of an execution's activities and turns.</summary>
    public static void Forget(StoreDatabase database, long execution) => database.Execute("DELETE FROM falls WHERE kind IN (0, 2) AND number = $0", execution);
}
