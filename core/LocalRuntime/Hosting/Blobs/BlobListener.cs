using Azure;
using Azure.Storage.Blobs.Specialized;
using Iml4e.LocalRuntime.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Hosting.Blobs;

/// <summary>
/// Runs blob functions once for each content version of a blob: it lists the containers again and again, and takes up what is asked for beside.
/// </summary>
internal sealed class BlobListener(
    FunctionRegistry registry,
    IConfiguration configuration,
    BlobConnections connections,
    BlobReceipts receipts,
    PoisonBlobs poison,
    BlobQueue queue,
    BlobMessages messages,
    HostSettings settings,
    LocalRuntimeOptions options,
    TimeProvider time,
    ILogger<BlobListener> logger) : TriggerListener("blobs", options, time, logger)
{
    // Blobs that are listed in one poll, over all containers.
    private const int PollBudget = 10_000;

    protected override bool HasFunctions => registry.OfKind(TriggerKind.Blob).Any();

    /// <summary>Runs a function for a blob <c>container/name</c> whatever its receipt says; false when it is not there or does not fit.</summary>
    public async Task<bool> RunNowAsync(FunctionDescriptor function, string path, CancellationToken cancellationToken)
    {
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || slash == path.Length - 1)
            return false;
        var (container, name) = (path[..slash], path[(slash + 1)..]);
        var pattern = BlobParameterBinder.PatternOf(function, configuration);
        if (pattern.Container != container || pattern.Match(name) is null)
            return false;
        var client = connections.Of(function).GetBlobContainerClient(container).GetBlockBlobClient(name);
        try
        {
            var properties = (await client.GetPropertiesAsync(cancellationToken: cancellationToken)).Value;
            var blob = new TriggeringBlob(function, container, name, TriggeringBlob.Quoted(properties.ETag), properties.LastModified) { Client = client };
            await receipts.ForgetAsync(blob, cancellationToken);
            queue.Add(await messages.KeepAsync(blob, cancellationToken));
            return true;
        }
        catch (RequestFailedException exception) when (exception.Status is 404 or 400)
        {
            return false;
        }
    }

    /// <summary>Gives a blob that was put aside its tries again; false when there is none of this id.</summary>
    public async Task<bool> RedriveAsync(string id, CancellationToken cancellationToken)
    {
        if (await poison.FindAsync(id, cancellationToken) is not { } entry || registry.Find(entry.FunctionId) is not { Kind: TriggerKind.Blob } function)
            return false;
        var client = connections.Of(function).GetBlobContainerClient(entry.ContainerName).GetBlockBlobClient(entry.BlobName);
        var blob = new TriggeringBlob(function, entry.ContainerName, entry.BlobName, new ETag(entry.ETag), entry.FailedAt) { Client = client };
        await receipts.BeginAsync(blob, 0, cancellationToken);
        blob = await messages.KeepAsync(blob, cancellationToken);
        await poison.RemoveAsync(id, cancellationToken);
        queue.Add(blob);
        return true;
    }

    protected override async Task ListenAsync(CancellationToken stoppingToken)
    {
        var serving = queue.ServeAsync(stoppingToken);
        try
        {
            await PollAsync(Sweeps(), stoppingToken);
        }
        finally
        {
            // Functions under way may end in peace; the host gives them its shutdown time.
            await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private List<BlobSweep> Sweeps() => [.. registry.OfKind(TriggerKind.Blob)
        .Where(function => Options.ScanForBlobEvents || !BlobWebhook.Feeds(function))
        .Select(function => (
            Function: function,
            Pattern: BlobParameterBinder.PatternOf(function, configuration),
            ((BlobTriggerAttribute)function.Trigger).Connection))
        .GroupBy(trigger => (trigger.Connection, trigger.Pattern.Container))
        .Select(group => new BlobSweep(
            connections.Client(group.Key.Connection).GetBlobContainerClient(group.Key.Container),
            [.. group.Select(trigger => (trigger.Function, trigger.Pattern))],
            receipts,
            settings.HostId,
            Time))];

    private async Task PollAsync(List<BlobSweep> sweeps, CancellationToken cancellationToken)
    {
        foreach (var sweep in sweeps)
            await sweep.RestoreAsync(cancellationToken);
        while (true)
        {
            await TryAsync("What waits beside the scans", () => messages.TakeUpAsync(queue.Add, cancellationToken), cancellationToken);
            foreach (var sweep in sweeps)
                await TryAsync($"Container '{sweep.Container.Name}'", () => ListAsync(sweep, PollBudget / sweeps.Count, cancellationToken), cancellationToken);
            await Task.Delay(Options.BlobPollInterval, Time, cancellationToken);
        }
    }

    private async Task ListAsync(BlobSweep sweep, int budget, CancellationToken cancellationToken)
    {
        await sweep.ListAsync(Math.Max(1, budget), queue.Add, cancellationToken);
        await sweep.SaveAsync(queue.UnderWay, cancellationToken);
    }

    private async Task TryAsync(string what, Func<Task> list, CancellationToken cancellationToken)
    {
        try
        {
            await list();
        }
        catch (Exception exception) when (exception is RequestFailedException or AggregateException && !cancellationToken.IsCancellationRequested)
        {
            Logger.LogWarning("{What} could not be listed and is tried again: {Error}", what, exception.Message);
        }
    }
}
