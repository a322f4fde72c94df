using Azure.Storage.Blobs;
using Iml4e.LocalRuntime.Hosting;
using Iml4e.LocalRuntime.Hosting.Blobs;
using Iml4e.LocalRuntime.Worker;
using Microsoft.Extensions.Configuration;

namespace Iml4e.Tests.Integration.LocalRuntime;

/// <summary>The listing of a container, a bounded number of blobs at a time, on the real emulator.</summary>
public sealed class BlobSweepTests : IAsyncLifetime
{
    private readonly string name = Azurite.UniqueName("sweep");
    private readonly List<TriggeringBlob> found = [];
    private BlobContainerClient container = null!;

    public async Task InitializeAsync()
    {
        container = Azurite.Shared.CreateClient().GetBlobContainerClient(name);
        await container.CreateAsync();
        for (var i = 0; i < 25; i++)
            await UploadAsync($"in/{i:00}");
        await UploadAsync("out/other");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_listing_goes_on_where_the_budget_ended_it()
    {
        var sweep = Sweep();
        foreach (var (listed, all) in new[] { (10, 10), (10, 20), (5, 25) })
        {
            Assert.Equal(listed, await sweep.ListAsync(10, found.Add, CancellationToken.None));
            Assert.Equal(all, found.Count);
            Assert.True(all == 25 || sweep.Since == default, "The sweep is through.");
        }

        // Through: nothing is found again, and what is written now is found by the next.
        Assert.Equal(25, await sweep.ListAsync(100, found.Add, CancellationToken.None));
        Assert.Equal(25, found.Count);
        await UploadAsync("in/00");
        await UploadAsync("in/99");
        Assert.Equal(26, await sweep.ListAsync(100, found.Add, CancellationToken.None));
        Assert.Equal(["in/00", "in/99"], found.Skip(25).Select(blob => blob.Name));
        Assert.Equal(27, found.Select(blob => blob.Id).Distinct().Count());
    }

    [Fact]
    public async Task The_mark_lies_a_millisecond_below_the_latest_blob_and_is_kept_unless_one_is_under_way()
    {
        // The mark may not pass the begin of the sweep, by the service's clock of seconds: the blobs must be older than that.
        await UntilOlderAsync(TimeSpan.FromSeconds(4));
        var sweep = Sweep();
        await sweep.ListAsync(100, found.Add, CancellationToken.None);
        var latest = found.Max(blob => blob.LastModified);
        Assert.Equal(latest.AddMilliseconds(-1), sweep.Since);
        var first = found.MinBy(blob => blob.LastModified)!;
        await sweep.SaveAsync([first with { LastModified = first.LastModified.AddHours(-1) }], CancellationToken.None);
        Assert.Equal(first.LastModified.AddHours(-1).AddMilliseconds(-1), await RestoredAsync());
        await sweep.SaveAsync([], CancellationToken.None);
        Assert.Equal(sweep.Since, await RestoredAsync());
        Assert.Equal(default, await Restored("another-host"));
    }

    /// <summary>What lies before the mark is new to a function that did not watch the container when it was made.</summary>
    [Fact]
    public async Task A_function_that_comes_later_sees_what_was_there_before()
    {
        await UntilOlderAsync(TimeSpan.FromSeconds(4));
        var sweep = Sweep(patterns: ["out/{name}"]);
        await sweep.ListAsync(100, found.Add, CancellationToken.None);
        await sweep.SaveAsync([], CancellationToken.None);
        Assert.Equal("out/other", Assert.Single(found).Name);

        sweep = Sweep(patterns: ["in/{name}", "out/{name}"]);
        await sweep.RestoreAsync(CancellationToken.None);
        Assert.Equal(default, sweep.Since);
        Assert.Equal(26, await sweep.ListAsync(100, found.Add, CancellationToken.None));
        await sweep.SaveAsync([], CancellationToken.None);

        // One that watches no longer takes nothing away from those that do.
        Assert.Equal(sweep.Since, await RestoredAsync());
        Assert.NotEqual(default, sweep.Since);
    }

    private async Task<DateTimeOffset> RestoredAsync() => await Restored(name);

    private async Task<DateTimeOffset> Restored(string host)
    {
        var sweep = Sweep(host);
        await sweep.RestoreAsync(CancellationToken.None);
        return sweep.Since;
    }

    private async Task UntilOlderAsync(TimeSpan age)
    {
        DateTimeOffset latest = default;
        await foreach (var blob in container.GetBlobsAsync())
            latest = blob.Properties.LastModified > latest ? blob.Properties.LastModified.Value : latest;
        await FunctionApp.UntilAsync(() => DateTimeOffset.UtcNow - latest > age, "the blobs to be older");
    }

    private BlobSweep Sweep(string? host = null, params string[] patterns)
    {
        var settings = new HostSettings { HostId = host ?? name };
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { [BlobConnections.DefaultSetting] = Azurite.Shared.ConnectionString }).Build();
        var function = Assert.Single(FunctionRegistry.Discover([typeof(SweptFunctions)]).Functions);
        return new BlobSweep(
            container, [.. patterns.DefaultIfEmpty("in/{name}").Select(p => (function, BlobPath.Parse($"{name}/{p}", isPattern: true)))],
            new BlobReceipts(new BlobConnections(configuration), settings),
            settings.HostId, TimeProvider.System);
    }

    private Task UploadAsync(string blob) => container.GetBlobClient(blob).UploadAsync(BinaryData.FromString(Guid.NewGuid().ToString()), overwrite: true);

    private sealed class SweptFunctions
    {
        [Function("Swept")]
        public static void Swept([BlobTrigger("swept/in/{name}")] string content, string name)
        {
        }
    }
}
