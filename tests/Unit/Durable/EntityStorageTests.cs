using System.Text.Json;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTask.Client.Entities;
using Iml4e.LocalRuntime.DurableTask.Entities;
using Microsoft.Data.Sqlite;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>What the store keeps of entities: listing, cleaning, and databases of other formats.</summary>
public class EntityStorageTests
{
    private static InMemoryFunctions Functions() => new InMemoryFunctions()
        .Entity<Tally>("Tally")
        .Entity<Tally>("Tallyho")
        .Orchestrator("Count", async context => await context.Entities.CallEntityAsync<int>(new EntityInstanceId("Tally", "migrated"), "get"))
        .Orchestrator("Lock", async context =>
        {
            await context.Entities.LockEntitiesAsync(new EntityInstanceId("Tally", "locked"));
            context.SetCustomStatus("holds");
            return await context.WaitForExternalEvent<int>("go");
        });

    [Fact]
    public async Task EntitiesAreListedByNamePrefixAndTime()
    {
        await using var hub = await TestHub.OpenAsync(Functions());
        for (var i = 0; i < 25; i++)
            await hub.Client.Entities.SignalEntityAsync(new EntityInstanceId("Tally", $"k{i:00}"), "add", i);
        await hub.Client.Entities.SignalEntityAsync(new EntityInstanceId("Tallyho", "k"), "add", 1);
        await TestHub.UntilAsync(async () => (await ListAsync(new EntityQuery())).Count == 26);

        var pages = new List<Page<EntityMetadata<int>>>();
        await foreach (var page in hub.Client.Entities.GetAllEntitiesAsync<int>(new EntityQuery { InstanceIdStartsWith = "@TALLY@k", PageSize = 10 }).AsPages())
            pages.Add(page);
        Assert.Equal([10, 10, 5], pages.Select(page => page.Values.Count));
        Assert.Equal(Enumerable.Range(0, 25), pages.SelectMany(page => page.Values).Select(entity => entity.State));
        var rest = hub.Client.Entities.GetAllEntitiesAsync(
            new EntityQuery { InstanceIdStartsWith = "tally@k", ContinuationToken = pages[1].ContinuationToken });
        Assert.Equal(5, await CountAsync(rest));

        Assert.Equal(26, (await ListAsync(new EntityQuery { InstanceIdStartsWith = "@tally" })).Count);
        Assert.Equal(10, (await ListAsync(new EntityQuery { InstanceIdStartsWith = "@tally@k1" })).Count);
        Assert.Empty(await ListAsync(new EntityQuery { InstanceIdStartsWith = "@tally@K1" }));
        Assert.Empty(await ListAsync(new EntityQuery { LastModifiedFrom = DateTimeOffset.UtcNow.AddMinutes(1) }));
        Assert.Equal(26, (await ListAsync(new EntityQuery { LastModifiedTo = DateTimeOffset.UtcNow.AddMinutes(1) })).Count);
        Assert.All(await ListAsync(new EntityQuery { IncludeState = false }), entity => Assert.False(entity.IncludesState));
        await Assert.ThrowsAsync<ArgumentException>(() => ListAsync(new EntityQuery { ContinuationToken = "k24" }));

        var one = (await hub.Client.Entities.GetEntityAsync(new EntityInstanceId("TALLY", "k07")))!;
        Assert.Equal(("7", 7), (one.State.Value, one.State.ReadAs<int>()));
        Assert.Null(await hub.Client.Entities.GetEntityAsync(new EntityInstanceId("Tally", "K07")));
        var bare = (await hub.Client.Entities.GetEntityAsync<int>(one.Id, includeState: false))!;
        Assert.False(bare.IncludesState);
        Assert.Throws<InvalidOperationException>(() => bare.State);

        async Task<List<EntityMetadata>> ListAsync(EntityQuery query)
        {
            var found = new List<EntityMetadata>();
            await foreach (var entity in hub.Client.Entities.GetAllEntitiesAsync(query))
                found.Add(entity);
            return found;
        }
    }

    [Theory]
    [InlineData("a", "b")]
    [InlineData("ab\ud7ff", "ab\ue000")]
    [InlineData("a\U0010FFFF", "b")]
    [InlineData("\U0010FFFF", null)]
    [InlineData("@x@\uffff", "@x@\U00010000")]
    public void WhatComesAfterAPrefix(string prefix, string? expected) => Assert.Equal(expected, TextRange.AfterPrefix(prefix));

    [Fact]
    public async Task WhatIsLeftOfDeletedEntitiesAndLostLocksIsCleaned()
    {
        await using var hub = await TestHub.OpenAsync(Functions());
        for (var i = 0; i < 3; i++)
        {
            await hub.Client.Entities.SignalEntityAsync(new EntityInstanceId("Tally", $"{i}"), "add", 1);
            await hub.UntilEntityAsync<int>(new EntityInstanceId("Tally", $"{i}"), state => state == 1);
            if (i > 0)
                await hub.Client.Entities.SignalEntityAsync(new EntityInstanceId("Tally", $"{i}"), "delete");
        }

        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Lock", null, new StartOrchestrationOptions("holder"));
        await hub.UntilAsync("holder", instance => instance.SerializedCustomStatus == "\"holds\"");
        await TestHub.UntilAsync(async () => await CountAsync(hub.Client.Entities.GetAllEntitiesAsync()) == 1);
        Assert.Equal(4, await TransientAsync(hub));
        Assert.Equal(new CleanEntityStorageResult { EmptyEntitiesRemoved = 2 }, await hub.Client.Entities.CleanEntityStorageAsync());
        Assert.Equal(default, await hub.Client.Entities.CleanEntityStorageAsync());
        Assert.Equal(2, await TransientAsync(hub));

        // A lock without its orchestration, as no run of the engine leaves behind.
        await hub.Engine.DisposeAsync();
        Execute(hub, "DELETE FROM instances WHERE instance_id = 'holder'");
        await hub.ReopenAsync();
        await hub.Client.Entities.SignalEntityAsync(new EntityInstanceId("Tally", "locked"), "add", 5);
        Assert.Equal(default, await hub.Client.Entities.CleanEntityStorageAsync(new CleanEntityStorageRequest { RemoveEmptyEntities = true }));
        var cleaned = await hub.Client.Entities.CleanEntityStorageAsync(
            new CleanEntityStorageRequest { ReleaseOrphanedLocks = true }, continueUntilComplete: false);
        Assert.Equal(new CleanEntityStorageResult { OrphanedLocksReleased = 1 }, cleaned);
        Assert.Null((await hub.UntilEntityAsync<int>(new EntityInstanceId("Tally", "locked"), state => state == 5)).LockedBy);
        Assert.Equal(default, await hub.Client.Entities.CleanEntityStorageAsync());
    }

    [Fact]
    public void WhatIsKnownOfAnEntityIsWrittenAsJson()
    {
        var id = new EntityInstanceId("Tally", "K");
        var time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        Assert.Equal(
            """{"Id":"@tally@K","LastModifiedTime":"2026-01-02T03:04:05+00:00","BacklogQueueSize":2,"LockedBy":"one","State":7}""",
            JsonSerializer.Serialize(new EntityMetadata<int>(id, 7) { LastModifiedTime = time, BacklogQueueSize = 2, LockedBy = "one" }));
        Assert.Equal(
            """{"id":"@tally@K","lastModifiedTime":"2026-01-02T03:04:05+00:00","state":"[1]"}""",
            JsonSerializer.Serialize(new EntityMetadata(id, new SerializedData("[1]")) { LastModifiedTime = time }, JsonSerializerOptions.Web));
        Assert.Equal(
            """{"Id":"@tally@K","LastModifiedTime":"2026-01-02T03:04:05+00:00"}""",
            JsonSerializer.Serialize(new EntityMetadata<int>(id) { LastModifiedTime = time }));
        Assert.Equal(id, JsonSerializer.Deserialize<EntityInstanceId>("\"@TALLY@K\""));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<EntityInstanceId>("\"tally\""));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<EntityInstanceId>("7"));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<EntityInstanceId>("null"));
    }

    private static async Task<int> TransientAsync(TestHub hub) =>
        await CountAsync(hub.Client.Entities.GetAllEntitiesAsync(new EntityQuery { IncludeTransient = true }));

    private static async Task<int> CountAsync(AsyncPageable<EntityMetadata> entities)
    {
        var count = 0;
        await foreach (var entity in entities)
            count += entity.Id.Name.Length > 0 ? 1 : 0;
        return count;
    }

    private static void Execute(TestHub hub, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={hub.Engine.Settings.DatabasePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Texts of this class.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
