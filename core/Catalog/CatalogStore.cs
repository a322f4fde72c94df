using System.Security.Cryptography;
using Azure.Core;
using Azure.Storage.Blobs;

namespace Iml4e.Catalog;

/// <summary>
/// The catalogue: everything that is kept, on Blob Storage and nothing else. One instance a process; every member is safe for concurrent use.
/// </summary>
/// <remarks>
/// Containers: <c>artefacts</c> (content-addressed bytes), <c>catalog</c> (small documents), <c>logs</c> (append blobs), <c>inbox</c> (uploads),
/// <c>checkpoints</c> (how far runs are), each with <see cref="CatalogOptions.ContainerPrefix"/> before its name.
/// </remarks>
public sealed class CatalogStore : IAsyncDisposable
{
    private readonly BlobContainerClient[] containers;

    /// <param name="service">The account, its client made with <see cref="ClientOptions"/>.</param>
    /// <param name="options">Null = the defaults.</param>
    /// <param name="time">The clock; null = the system's.</param>
    /// <exception cref="ArgumentException">The options are out of their ranges.</exception>
    public CatalogStore(BlobServiceClient service, CatalogOptions? options = null, TimeProvider? time = null)
    {
        options ??= new CatalogOptions();
        time ??= TimeProvider.System;
        Check(options);
        WorkerId = options.WorkerId ?? (BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) & PredictionId.Mask40);
        var artefacts = service.GetBlobContainerClient(options.ContainerPrefix + "artefacts");
        var catalog = service.GetBlobContainerClient(options.ContainerPrefix + "catalog");
        var logs = service.GetBlobContainerClient(options.ContainerPrefix + "logs");
        Inbox = service.GetBlobContainerClient(options.ContainerPrefix + "inbox");
        var checkpoints = service.GetBlobContainerClient(options.ContainerPrefix + "checkpoints");
        containers = [artefacts, catalog, logs, Inbox, checkpoints];
        Checkpoints = new CheckpointStore(checkpoints);
        Artefacts = new ArtefactStore(artefacts, options, time);
        Documents = Store("documents/");
        Models = new ModelRegistry(Store("models/"), Store("model-versions/"), Store("model-moves/"), Artefacts, time);
        Datasets = new DatasetRegistry(Store("datasets/"), Store("dataset-manifests/"), Artefacts, time);
        Runs = new RunStore(catalog, Store("runs/"), Artefacts);
        Predictions = new PredictionLog(logs, options, WorkerId, time);
        Outcomes = new OutcomeLog(logs, options, WorkerId, time);
        Audit = new AuditLog(logs, Store("audit-keys/"), Store("audit-anchors/"), options, time);
        Joined = new OutcomeJoin(Predictions, Outcomes);
        Garbage = new GarbageCollector(artefacts, catalog, logs);
        Verifier = new CatalogVerifier(
            new ArtefactVerifier(artefacts, Artefacts),
            new ModelVerifier(Store("models/"), Store("model-versions/"), Store("model-moves/")),
            new DatasetVerifier(Store("datasets/"), Store("dataset-manifests/")),
            new RunVerifier(catalog, Store("runs/")),
            new DocumentVerifier(Documents),
            new LogVerifier(logs, Audit, Predictions, Models));

        DocumentStore Store(string root) => new(catalog, root, options, time);
    }

    /// <summary>Immutable bytes by digest.</summary>
    public ArtefactStore Artefacts { get; }

    /// <summary>Small JSON documents guarded by ETags.</summary>
    public DocumentStore Documents { get; }

    /// <summary>Models, versions, aliases.</summary>
    public ModelRegistry Models { get; }

    /// <summary>Data sets and their versions.</summary>
    public DatasetRegistry Datasets { get; }

    /// <summary>Run records.</summary>
    public RunStore Runs { get; }

    /// <summary>How far runs under way are.</summary>
    public CheckpointStore Checkpoints { get; }

    /// <summary>What was predicted.</summary>
    public PredictionLog Predictions { get; }

    /// <summary>What turned out.</summary>
    public OutcomeLog Outcomes { get; }

    /// <summary>What was predicted, with what turned out.</summary>
    public OutcomeJoin Joined { get; }

    /// <summary>What was decided.</summary>
    public AuditLog Audit { get; }

    /// <summary>Deletes artefacts that nothing names any more.</summary>
    public GarbageCollector Garbage { get; }

    /// <summary>Checks all digests, references and chains.</summary>
    public CatalogVerifier Verifier { get; }

    /// <summary>The container that uploads are dropped into.</summary>
    public BlobContainerClient Inbox { get; }

    /// <summary>The number (40 bits) that marks this process's logs and ids.</summary>
    public ulong WorkerId { get; }

    /// <summary>
    /// Client options for Azure and Azurite: a service version that both speak, six retries with exponential back-off from 200 ms to 10 s (throttling 429 and
    /// 503, timeouts and broken connections among them), 60 s for one try.
    /// </summary>
    public static BlobClientOptions ClientOptions()
    {
        var options = new BlobClientOptions(BlobClientOptions.ServiceVersion.V2023_01_03);
        options.Retry.Mode = RetryMode.Exponential;
        options.Retry.MaxRetries = 6;
        options.Retry.Delay = TimeSpan.FromMilliseconds(200);
        options.Retry.MaxDelay = TimeSpan.FromSeconds(10);
        options.Retry.NetworkTimeout = TimeSpan.FromSeconds(60);
        return options;
    }

    /// <summary>A client for the account, with <see cref="ClientOptions"/>.</summary>
    public static BlobServiceClient CreateClient(string connectionString) => new(connectionString, ClientOptions());

    /// <summary>Makes the containers that are not there.</summary>
    public Task InitializeAsync(CancellationToken ct = default)
        => Task.WhenAll(containers.Select(container => container.CreateIfNotExistsAsync(cancellationToken: ct)));

    /// <summary>Waits until the predictions and outcomes appended before are written.</summary>
    public Task FlushAsync(CancellationToken ct = default) => Predictions.FlushAsync(ct);

    /// <summary>Deletes the predictions and outcomes that the logging policies of their models keep no longer.</summary>
    /// <returns>How many blobs went.</returns>
    public async Task<int> ExpireLogsAsync(DateTimeOffset now, CancellationToken ct = default)
    {
        var deleted = 0;
        foreach (var model in await Models.ListAsync(ct))
        {
            if (model.Logging?.RetentionDays is not (>= 1 and var days))
                continue;
            var before = DateOnly.FromDateTime(now.UtcDateTime).AddDays(-days);
            deleted += await Predictions.ExpireAsync(model.Name, before, ct) + await Outcomes.ExpireAsync(model.Name, before, ct);
        }

        return deleted;
    }

    /// <summary>Writes what the logs have queued, for at most 30 seconds, and ends them.</summary>
    public async ValueTask DisposeAsync()
    {
        await Predictions.DisposeAsync();
        await Outcomes.DisposeAsync();
        Audit.Dispose();
        Models.Dispose();
    }

    /// <summary>Deletes the checkpoints of runs that have ended, or that there are no records of; those that end by themselves take theirs with them.</summary>
    /// <returns>How many runs' checkpoints went.</returns>
    public async Task<int> ExpireCheckpointsAsync(CancellationToken ct = default)
    {
        var deleted = 0;
        foreach (var run in await Checkpoints.RunsAsync(ct))
        {
            if (await Runs.GetAsync(run, ct) is { Ended: false })
                continue;
            await Checkpoints.DeleteRunAsync(run, ct);
            deleted++;
        }

        return deleted;
    }

    private static void Check(CatalogOptions options)
    {
        if (options.ContainerPrefix.Length > 50 || options.ContainerPrefix.Any(c => !(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
            || options.ContainerPrefix.StartsWith('-') || options.ContainerPrefix.Contains("--", StringComparison.Ordinal))
            throw new ArgumentException("ContainerPrefix: use at most 50 lower-case letters, digits and single '-', not beginning with '-'");
        if (options.WorkerId > PredictionId.Mask40)
            throw new ArgumentException("WorkerId: at most 40 bits");
        if (options.MaxBatchBytes is < 1024 or > 4 * 1024 * 1024)
            throw new ArgumentException("MaxBatchBytes: 1 KiB to 4 MiB");
        if (options.RotateBlocks is < 1 or > 50_000)
            throw new ArgumentException("RotateBlocks: 1 to 50,000");
        if (options.UpdateAttempts < 1 || options.RotateBytes < 1 || options.MaxQueuedBytes < 1 || options.AuditSegmentEntries is < 1 or > 50_000)
            throw new ArgumentException("UpdateAttempts, RotateBytes and MaxQueuedBytes are at least 1");
        if (options.DurableLinger < TimeSpan.Zero || options.BufferedLinger < TimeSpan.Zero || options.CommitTimeout <= TimeSpan.Zero
            || options.BackPressure < TimeSpan.Zero || options.BufferedWindow <= options.BufferedLinger)
            throw new ArgumentException(
                "DurableLinger, BufferedLinger and BackPressure are not negative, CommitTimeout is positive, BufferedWindow longer than BufferedLinger");
    }
}
