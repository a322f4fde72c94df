using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Iml4e.Catalog;
using Iml4e.Functions;
using Iml4e.Functions.Serving;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Iml4e.Tests.Integration.Serving;

/// <summary>What routing knows of changes.</summary>
public sealed class RoutingTableTests
{
    private const string Model = "pump";

    [Fact]
    public async Task WhatWasReadBeforeAChangeDoesNotOutliveIt()
    {
        var prefix = Azurite.UniqueName("r");
        var settings = new CatalogOptions { ContainerPrefix = prefix };
        await using var writer = new CatalogStore(new BlobServiceClient(Azurite.Shared.ConnectionString, CatalogStore.ClientOptions()), settings);
        await writer.InitializeAsync();
        var artefact = await writer.Artefacts.PutAsync("model"u8.ToArray(), "application/octet-stream");
        await writer.Models.RegisterAsync(new ModelRegistration { Model = Model, Key = "k", Digest = artefact.Digest });

        var slow = new SlowTraffic();
        var options = CatalogStore.ClientOptions();
        options.AddPolicy(slow, HttpPipelinePosition.PerCall);
        await using var reader = new CatalogStore(new BlobServiceClient(Azurite.Shared.ConnectionString, options), settings);
        // No refresh in the background: only the change itself can bring the new split.
        var table = new RoutingTable(
            reader, Options.Create(new AppOptions { RoutingRefresh = TimeSpan.FromDays(1) }), TimeProvider.System, NullLogger<RoutingTable>.Instance);

        var early = table.FindAsync(Model, CancellationToken.None).AsTask();
        await slow.Answered.Task;
        await writer.Documents.CreateAsync(TrafficDocument.PathOf(Model), new TrafficDocument
        {
            Model = Model, ExperimentId = "pump-v2", Salt = "pump-v2", UnitKey = "prediction", Share = 0, ChallengerVersion = "2", ControlVersion = "1",
            OutsideVersion = "1", Shadow = true,
        });
        table.Invalidate(Model);
        slow.GoOn.SetResult();
        Assert.Null((await early)!.Traffic);

        Assert.Equal("pump-v2", (await table.FindAsync(Model, CancellationToken.None))!.Traffic?.ExperimentId);
    }

    [Fact]
    public async Task AModelThatNobodyAskedAboutForAWhileIsReadAnewBeforeItIsRouted()
    {
        await using var store = await StoreAsync(Azurite.UniqueName("r"));
        var time = new HandTime();
        var table = new RoutingTable(store, Options.Create(new AppOptions()), time, NullLogger<RoutingTable>.Instance);
        Assert.Null((await table.FindAsync(Model, CancellationToken.None))!.Traffic);
        await store.Documents.CreateAsync(TrafficDocument.PathOf(Model), Split(version: 7));
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(7, (await table.FindAsync(Model, CancellationToken.None))!.Traffic?.Version);

        // An older split than the one that was seen is not believed.
        await store.Documents.PutAsync(TrafficDocument.PathOf(Model), Split(version: 6));
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(7, (await table.FindAsync(Model, CancellationToken.None))!.Traffic?.Version);
        await store.Documents.PutAsync(TrafficDocument.PathOf(Model), Split(version: 8));
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(8, (await table.FindAsync(Model, CancellationToken.None))!.Traffic?.Version);
    }

    [Fact]
    public async Task ASplitThatCannotBeConfirmedGoesOnForTenMinutesAndThenTheChampionServes()
    {
        var prefix = Azurite.UniqueName("r");
        await using var writer = await StoreAsync(prefix);
        await writer.Documents.CreateAsync(TrafficDocument.PathOf(Model), Split(version: 7));
        var outage = new Outage();
        var options = CatalogStore.ClientOptions();
        options.AddPolicy(outage, HttpPipelinePosition.PerCall);
        await using var reader = new CatalogStore(
            new BlobServiceClient(Azurite.Shared.ConnectionString, options), new CatalogOptions { ContainerPrefix = prefix });
        var time = new HandTime();
        var table = new RoutingTable(reader, Options.Create(new AppOptions()), time, NullLogger<RoutingTable>.Instance);
        Assert.Equal(7, (await table.FindAsync(Model, CancellationToken.None))!.Traffic?.Version);
        outage.Lasts = true;
        foreach (var minutes in new[] { 1, 5, 3 })
        {
            time.Advance(TimeSpan.FromMinutes(minutes));
            Assert.Equal(7, (await table.FindAsync(Model, CancellationToken.None))!.Traffic?.Version);
        }

        time.Advance(TimeSpan.FromMinutes(1.5));
        var alone = (await table.FindAsync(Model, CancellationToken.None))!;
        Assert.Equal((null, Model), (alone.Traffic, alone.Model.Name));

        // Requests do not wait while the storage is away, so that the split is back with one of the next.
        outage.Lasts = false;
        await Until(async () => (await table.FindAsync(Model, CancellationToken.None))!.Traffic?.Version == 7);
    }

    private static TrafficDocument Split(long version) => new()
    {
        Model = Model, ExperimentId = "pump-v2", Salt = "pump-v2", UnitKey = "prediction", Share = 0.1, ChallengerVersion = "2", ControlVersion = "1",
        OutsideVersion = "1", Version = version,
    };

    private static async Task<CatalogStore> StoreAsync(string prefix)
    {
        var store = new CatalogStore(
            new BlobServiceClient(Azurite.Shared.ConnectionString, CatalogStore.ClientOptions()), new CatalogOptions { ContainerPrefix = prefix });
        await store.InitializeAsync();
        var artefact = await store.Artefacts.PutAsync("model"u8.ToArray(), "application/octet-stream");
        await store.Models.RegisterAsync(new ModelRegistration { Model = Model, Key = "k", Digest = artefact.Digest });
        return store;
    }

    private static async Task Until(Func<Task<bool>> happened)
    {
        var deadline = Environment.TickCount64 + 60_000;
        while (!await happened())
        {
            Assert.True(Environment.TickCount64 < deadline, "waited a minute in vain");
            await Task.Delay(20);
        }
    }

    /// <summary>A clock that is moved by hand.</summary>
    private sealed class HandTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan by) => Interlocked.Add(ref _now, by.Ticks);

        public override long GetTimestamp() => Interlocked.Read(ref _now);

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(GetTimestamp());
    }

    /// <summary>A storage that refuses everything while it lasts.</summary>
    private sealed class Outage : HttpPipelinePolicy
    {
        public volatile bool Lasts;

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => ProcessNext(message, pipeline);

        public override ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
            Lasts ? throw new RequestFailedException(503, "away") : ProcessNextAsync(message, pipeline);
    }

    /// <summary>Holds the first answer about the split back, which the storage has given already.</summary>
    private sealed class SlowTraffic : HttpPipelinePolicy
    {
        public TaskCompletionSource Answered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource GoOn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => ProcessNext(message, pipeline);

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            await ProcessNextAsync(message, pipeline);
            if (!message.Request.Uri.ToString().Contains("traffic", StringComparison.Ordinal))
                return;
            Answered.TrySetResult();
            await GoOn.Task;
        }
    }
}
