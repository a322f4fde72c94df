using Iml4e.Catalog;

namespace Iml4e.Tests.Integration.Catalog;

public sealed class CheckpointStoreTests
{
    [Fact]
    public async Task Checkpoints_count_once_they_are_complete_and_go_with_their_run()
    {
        var (store, prefix) = await CatalogFixture.CreateAsync();
        await using var catalog = store;
        var checkpoints = catalog.Checkpoints;
        Assert.Empty(await checkpoints.StepsAsync("run/fit1"));
        foreach (var step in new[] { 12L, 5, 123_456_789 })
            await checkpoints.WriteAsync("run/fit1", step, new Dictionary<string, byte[]> { ["state.json"] = [1, (byte)step], ["params"] = [] });
        await checkpoints.WriteAsync("run/fit10", 7, new Dictionary<string, byte[]> { ["state.json"] = [7] });
        await checkpoints.WriteAsync("other/fit1", 8, new Dictionary<string, byte[]> { ["state.json"] = [8] });
        Assert.Equal([5, 12, 123_456_789], await checkpoints.StepsAsync("run/fit1"));
        Assert.Equal([1, 12], await checkpoints.ReadAsync("run/fit1", 12, "state.json"));
        Assert.Empty(await checkpoints.ReadAsync("run/fit1", 12, "params"));
        await Assert.ThrowsAsync<CatalogNotFoundException>(() => checkpoints.ReadAsync("run/fit1", 12, "ghost"));

        // Written again; and half written, by a process that was killed.
        await checkpoints.WriteAsync("run/fit1", 12, new Dictionary<string, byte[]> { ["state.json"] = [2] });
        Assert.Equal([2], await checkpoints.ReadAsync("run/fit1", 12, "state.json"));
        var container = CatalogStore.CreateClient(Azurite.Shared.ConnectionString).GetBlobContainerClient(prefix + "checkpoints");
        await container.GetBlobClient("run/fit1/00000099/state.json").UploadAsync(new BinaryData("half"));
        await checkpoints.DeleteAsync("run/fit1", 5);
        Assert.Equal([12, 123_456_789], await checkpoints.StepsAsync("run/fit1"));
        Assert.Equal(["other", "run"], await checkpoints.RunsAsync());

        await checkpoints.DeleteRunAsync("run");
        Assert.Equal(["other"], await checkpoints.RunsAsync());
    }

    [Fact]
    public async Task Those_of_ended_runs_and_of_runs_without_a_record_expire()
    {
        var (store, _) = await CatalogFixture.CreateAsync();
        await using var catalog = store;
        foreach (var (run, status) in new[] { ("alive", RunStatus.Running), ("done", RunStatus.Completed), ("cancelled", RunStatus.Cancelled) })
            await catalog.Runs.SaveAsync(new RunRecord { RunId = run, Kind = "train", StartedAt = DateTimeOffset.UnixEpoch, Status = status });
        foreach (var run in new[] { "alive", "done", "cancelled", "unheard-of" })
            await catalog.Checkpoints.WriteAsync(run + "/fit1", 1, new Dictionary<string, byte[]> { ["state.json"] = [1] });
        Assert.Equal(3, await catalog.ExpireCheckpointsAsync());
        Assert.Equal(["alive"], await catalog.Checkpoints.RunsAsync());
        Assert.Equal(0, await catalog.ExpireCheckpointsAsync());
    }
}
