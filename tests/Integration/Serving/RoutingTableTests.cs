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
