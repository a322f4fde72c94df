using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTask.Entities;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>A hub of an older format is brought up to today's; one of a newer format is refused.</summary>
public sealed class StoreFormatTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("iml4e-format-");

    private DurableTaskSettings Settings => new() { DataFolder = folder.FullName, HubName = "Tests", Synchronous = false };

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task AnInstanceOfTheFirstFormatGoesOn()
    {
        Write("""
            CREATE TABLE instances (
                number INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL UNIQUE, execution INTEGER NOT NULL, name TEXT NOT NULL, version TEXT,
                status INTEGER NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, completed INTEGER, start_at INTEGER, input TEXT, output TEXT,
                custom_status TEXT, failure TEXT, parent_id TEXT, parent_name TEXT, parent_execution INTEGER, parent_task INTEGER, tags TEXT, carried TEXT);
            CREATE TABLE history (execution INTEGER NOT NULL, sequence INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (execution, sequence)) WITHOUT ROWID;
            CREATE TABLE inbox (number INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, execution INTEGER NOT NULL, event TEXT NOT NULL);
            CREATE INDEX inbox_instance ON inbox (instance_id);
            CREATE TABLE activities (
                execution INTEGER NOT NULL, task INTEGER NOT NULL, instance_id TEXT NOT NULL, name TEXT NOT NULL, version TEXT, input TEXT,
                crashes INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (execution, task)) WITHOUT ROWID;
            CREATE TABLE timers (
                execution INTEGER NOT NULL, task INTEGER NOT NULL, instance_id TEXT NOT NULL, due INTEGER NOT NULL, PRIMARY KEY (execution, task)) WITHOUT ROWID;
            INSERT INTO instances (instance_id, execution, name, status, created, updated, input) VALUES ('old', 7, 'EchoThenWait', 0, 1, 1, '"in"');
            INSERT INTO history VALUES
                (7, 0, '{"Kind":5,"Timestamp":"2026-01-01T00:00:00Z"}'),
                (7, 1, '{"Kind":0,"Timestamp":"2026-01-01T00:00:00Z","Name":"EchoThenWait"}'),
                (7, 2, '{"Kind":7,"Timestamp":"2026-01-01T00:00:00Z","EventId":0,"Name":"Echo","Input":"\"in\""}'),
                (7, 3, '{"Kind":6,"Timestamp":"2026-01-01T00:00:00Z"}'),
                (7, 4, '{"Kind":5,"Timestamp":"2026-01-01T00:00:01Z"}'),
                (7, 5, '{"Kind":8,"Timestamp":"2026-01-01T00:00:01Z","TaskId":0,"Result":"\"from before\""}'),
                (7, 6, '{"Kind":6,"Timestamp":"2026-01-01T00:00:01Z"}');
            INSERT INTO inbox (instance_id, execution, event) VALUES ('old', 0, '{"Kind":16,"Timestamp":"2026-01-01T00:00:02Z","Name":"go","Input":"\" and after\""}');
            PRAGMA user_version = 1;
            """);
        var functions = new InMemoryFunctions()
            .Entity<Tally>("Tally")
            .Activity<string>("Echo", _ => "run again")
            .Orchestrator("EchoThenWait", async context =>
                await context.CallActivityAsync<string>("Echo", context.GetInput<string>()) + await context.WaitForExternalEvent<string>("go"));
        await using var engine = new OrchestrationEngine(Settings, functions, NullLoggerFactory.Instance, TimeProvider.System);
        await engine.StartAsync();
        await using var client = new LocalDurableTaskClient(engine);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var result = await client.WaitForInstanceCompletionAsync("old", true, limit.Token);
        Assert.Equal("from before and after", result.ReadOutputAs<string>());

        var tally = new EntityInstanceId("Tally", "new");
        await client.Entities.SignalEntityAsync(tally, "add", 3);
        while ((await client.Entities.GetEntityAsync<int>(tally, includeState: true, limit.Token))?.State != 3)
            await Task.Delay(5, limit.Token);
    }

    [Fact]
    public async Task EntitiesPayloadsAndSuspectsOfTheFourthFormatGoOn()
    {
        var large = new string('x', 50_000);
        Write("""
            CREATE TABLE instances (
                number INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL UNIQUE, execution INTEGER NOT NULL, name TEXT NOT NULL, version TEXT,
                status INTEGER NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, completed INTEGER, start_at INTEGER, input TEXT, output TEXT,
                custom_status TEXT, failure TEXT, parent_id TEXT, parent_name TEXT, parent_execution INTEGER, parent_task INTEGER, tags TEXT, carried TEXT);
            CREATE TABLE history (execution INTEGER NOT NULL, turn INTEGER NOT NULL, events TEXT NOT NULL, PRIMARY KEY (execution, turn)) WITHOUT ROWID;
            CREATE TABLE payloads (digest BLOB PRIMARY KEY, payload TEXT NOT NULL);
            CREATE TABLE payload_uses (execution INTEGER NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (execution, digest)) WITHOUT ROWID;
            CREATE INDEX payload_uses_digest ON payload_uses (digest);
            CREATE TABLE inbox (number INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, execution INTEGER NOT NULL, event TEXT NOT NULL);
            CREATE TABLE activities (
                execution INTEGER NOT NULL, task INTEGER NOT NULL, instance_id TEXT NOT NULL, name TEXT NOT NULL, version TEXT, input TEXT,
                crashes INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (execution, task)) WITHOUT ROWID;
            CREATE TABLE timers (
                execution INTEGER NOT NULL, task INTEGER NOT NULL, instance_id TEXT NOT NULL, due INTEGER NOT NULL, PRIMARY KEY (execution, task)) WITHOUT ROWID;
            CREATE TABLE entities (
                entity_id TEXT NOT NULL PRIMARY KEY, updated INTEGER NOT NULL, holder_id TEXT, holder_execution INTEGER, holder_task INTEGER, state TEXT);
            CREATE TABLE entity_inbox (
                number INTEGER PRIMARY KEY AUTOINCREMENT, entity_id TEXT NOT NULL, kind INTEGER NOT NULL, due INTEGER, caller_id TEXT,
                caller_execution INTEGER, caller_task INTEGER, operation TEXT, lock_set TEXT, input TEXT);
            CREATE INDEX entity_inbox_entity ON entity_inbox (entity_id);
            CREATE TABLE waits (execution INTEGER PRIMARY KEY, waits TEXT NOT NULL);
            INSERT INTO instances (instance_id, execution, name, status, created, updated, input) VALUES ('old', 7, 'Poison', 0, 1, 1, char(1) || 'AB');
            INSERT INTO history VALUES (7, 0, '[{"Kind":5,"Timestamp":"2026-01-01T00:00:00Z"},{"Kind":0,"Timestamp":"2026-01-01T00:00:00Z","Name":"Poison"},'
                || '{"Kind":7,"Timestamp":"2026-01-01T00:00:00Z","EventId":0,"Name":"Poisoned"},{"Kind":6,"Timestamp":"2026-01-01T00:00:00Z"}]');
            INSERT INTO activities (execution, task, instance_id, name, crashes) VALUES (7, 0, 'old', 'Poisoned', 3);
            INSERT INTO payloads VALUES (x'AB', '"large"');
            INSERT INTO payload_uses VALUES (7, x'AB');
            INSERT INTO entities (entity_id, updated, state) VALUES ('@notes@old', 1, '"LARGE"');
            INSERT INTO entity_inbox (entity_id, kind, operation, input) VALUES ('@notes@old', 1, 'append', '"LARGE"');
            PRAGMA user_version = 4;
            """.Replace("LARGE", large, StringComparison.Ordinal));
        var functions = new InMemoryFunctions()
            .Entity("Notes", dispatcher => dispatcher.DispatchAsync(operation =>
            {
                operation.State.SetState(operation.State.GetState<string>() + operation.GetInput<string>());
                return default;
            }))
            .Activity<string>("Poisoned", _ => "run again")
            .Orchestrator("Poison", async context =>
            {
                try
                {
                    return await context.CallActivityAsync<string>("Poisoned");
                }
                catch (TaskFailedException failed)
                {
                    return $"{failed.FailureDetails.ErrorType} {context.GetInput<string>()}";
                }
            });
        await using var engine = new OrchestrationEngine(Settings, functions, NullLoggerFactory.Instance, TimeProvider.System);
        await engine.StartAsync();
        await using var client = new LocalDurableTaskClient(engine);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var result = await client.WaitForInstanceCompletionAsync("old", true, limit.Token);
        Assert.Equal("ActivityPoisoned large", result.ReadOutputAs<string>());
        var notes = new EntityInstanceId("Notes", "old");
        while ((await client.Entities.GetEntityAsync<string>(notes, includeState: true, limit.Token))?.State != large + large)
            await Task.Delay(5, limit.Token);
        await client.PurgeInstanceAsync("old", cancellation: limit.Token);
        var payload = Assert.Single(engine.Queries.Read(database => database.Query("SELECT payload FROM payloads", row => row.GetString(0))));
        Assert.Equal($"\"{large}{large}\"", payload);
    }

    [Fact]
    public void ANewerFormatIsRefused()
    {
        Write("PRAGMA user_version = 99;");
        var refused = Assert.Throws<InvalidDataException>(() =>
            new OrchestrationEngine(Settings, new InMemoryFunctions(), NullLoggerFactory.Instance, TimeProvider.System));
        Assert.Contains("format 99", refused.Message, StringComparison.Ordinal);
    }

    private void Write(string sql)
    {
        SQLitePCL.Batteries_V2.Init();
        Directory.CreateDirectory(Path.GetDirectoryName(Settings.DatabasePath)!);
        using var connection = new SqliteConnection($"Data Source={Settings.DatabasePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constant texts of this class.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
