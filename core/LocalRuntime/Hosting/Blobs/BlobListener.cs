using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using System.Threading.Channels;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Hosting.Storage;
using Iml4e.LocalRuntime.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Hosting.Blobs;

/// <summary>
/// Runs blob functions once for each content version of a blob: lists the containers again and again, leaves out what has a receipt, tries what failed again,
/// and puts aside what failed too often.
/// </summary>
internal sealed class BlobListener : BackgroundService
{
    private const int PollBudget = 10_000;
    private readonly FunctionRegistry registry;
    private readonly FunctionInvoker invoker;
    private readonly IConfiguration configuration;
    private readonly BlobConnections connections;
    private readonly BlobReceipts receipts;
    private readonly PoisonBlobs poison;
    private readonly HostSettings settings;
    private readonly LocalRuntimeOptions options;
    private readonly TimeProvider time;
    private readonly ILogger<BlobListener> logger;
    private readonly Channel<TriggeringBlob> queue = Channel.CreateUnbounded<TriggeringBlob>();
    private readonly ConcurrentDictionary<(string, string, string, string), TriggeringBlob> underWay = new();
    private readonly ConcurrentDictionary<FunctionDescriptor, BlobPath> patterns = new();

    public BlobListener(
        FunctionRegistry registry,
        FunctionInvoker invoker,
        IConfiguration configuration,
        BlobConnections connections,
        BlobReceipts receipts,
        PoisonBlobs poison,
        HostSettings settings,
        LocalRuntimeOptions options,
        TimeProvider time,
        ILogger<BlobListener> logger)
    {
        this.registry = registry;
        this.invoker = invoker;
        this.configuration = configuration;
        this.connections = connections;
        this.receipts = receipts;
        this.poison = poison;
        this.settings = settings;
        this.options = options;
        this.time = time;
        this.logger = logger;
    }

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
        var client = connections.Client(((BlobTriggerAttribute)function.Trigger).Connection).GetBlobContainerClient(container).GetBlockBlobClient(name);
        try
        {
            var properties = (await client.GetPropertiesAsync(cancellationToken: cancellationToken)).Value;
            var blob = new TriggeringBlob(function, container, name, TriggeringBlob.Quoted(properties.ETag), properties.LastModified) { Client = client };
            await receipts.ForgetAsync(blob, cancellationToken);
            Enqueue(blob);
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
        var client = connections.Client(((BlobTriggerAttribute)function.Trigger).Connection)
            .GetBlobContainerClient(entry.ContainerName).GetBlockBlobClient(entry.BlobName);
        var blob = new TriggeringBlob(function, entry.ContainerName, entry.BlobName, new ETag(entry.ETag), entry.FailedAt) { Client = client };
        await receipts.BeginAsync(blob, 0, cancellationToken);
        await poison.RemoveAsync(id, cancellationToken);
        Enqueue(blob);
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var functions = registry.OfKind(TriggerKind.Blob).ToList();
        if (functions.Count == 0)
            return;
        try
        {
            await using var held = await InstanceLock.TakeAsync(
                Path.Combine(options.DataPath, "blobs.lock"),
                () => logger.LogInformation("Another process of this data folder serves the blob triggers; waiting for it to end"),
                time,
                stoppingToken);
            var sweeps = functions
                .Select(function => (
                    Function: function,
                    Pattern: BlobParameterBinder.PatternOf(function, configuration),
                    ((BlobTriggerAttribute)function.Trigger).Connection))
                .GroupBy(trigger => (trigger.Connection, trigger.Pattern.Container))
                .Select(group => new Sweep(
                    connections.Client(group.Key.Connection).GetBlobContainerClient(group.Key.Container),
                    [.. group.Select(trigger => (trigger.Function, trigger.Pattern))]))
                .ToList();
            var workers = Enumerable.Range(0, settings.BlobParallelism).Select(_ => ServeAsync(stoppingToken)).ToList();
            try
            {
                await PollAsync(sweeps, stoppingToken);
            }
            finally
            {
                // Functions under way may end in peace; the host gives them its shutdown time.
                await Task.WhenAll(workers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process is asked to end.
        }
    }

    private async Task PollAsync(List<Sweep> sweeps, CancellationToken cancellationToken)
    {
        foreach (var sweep in sweeps)
            await sweep.RestoreAsync(this, cancellationToken);
        while (true)
        {
            var budget = PollBudget;
            foreach (var sweep in sweeps)
            {
                try
                {
                    budget -= await sweep.ListAsync(this, budget, cancellationToken);
                    await sweep.SaveAsync(this, cancellationToken);
                }
                catch (Exception exception) when (exception is RequestFailedException or AggregateException && !cancellationToken.IsCancellationRequested)
                {
                    logger.LogWarning("Container '{Container}' could not be listed and is tried again: {Error}", sweep.Container.Name, exception.Message);
                }
            }

            await Task.Delay(options.BlobPollInterval, time, cancellationToken);
        }
    }

    private void Enqueue(TriggeringBlob blob)
    {
        if (underWay.TryAdd(blob.Key, blob))
            queue.Writer.TryWrite(blob);
    }

    private async Task ServeAsync(CancellationToken cancellationToken)
    {
        await foreach (var blob in queue.Reader.ReadAllAsync(cancellationToken))
        {
            try
            {
                await ProcessAsync(blob, cancellationToken);
                underWay.TryRemove(blob.Key, out _);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // The storage failed, not the function. The blob stays under way, so that no sweep is counted as done without it, and comes round again.
                logger.LogWarning("Blob '{Container}/{Blob}' could not be taken up and is tried again: {Error}", blob.Container, blob.Name, exception.Message);
                _ = ComeRoundAsync(blob, cancellationToken);
            }
        }
    }

    private async Task ComeRoundAsync(TriggeringBlob blob, CancellationToken cancellationToken)
    {
        await Task.Delay(options.BlobPollInterval, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!cancellationToken.IsCancellationRequested)
            queue.Writer.TryWrite(blob);
    }

    private async Task ProcessAsync(TriggeringBlob blob, CancellationToken cancellationToken)
    {
        if (await receipts.TriesAsync(blob, cancellationToken) is not { } tries)
            return;
        Exception? last = null;
        while (tries < settings.BlobTries)
        {
            if (!await IsCurrentAsync(blob, cancellationToken))
                return;
            tries++;
            await receipts.BeginAsync(blob, tries, cancellationToken);
            using var timeout = new CancellationTokenSource(settings.FunctionTimeout ?? Timeout.InfiniteTimeSpan, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            try
            {
                await invoker.InvokeAsync(blob.Function, blob, BindingData(blob), either.Token);
                await receipts.CompleteAsync(blob, tries, CancellationToken.None);
                return;
            }
            catch (BlobVersionGoneException)
            {
                return;
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                // A try that the end of the process cut short was not the blob's fault.
                await receipts.BeginAsync(blob, tries - 1, CancellationToken.None);
                throw;
            }
            catch (Exception exception)
            {
                last = exception;
            }

            if (tries < settings.BlobTries)
                await Task.Delay(options.BlobRetryDelay * Math.Pow(2, tries - 1), time, cancellationToken);
        }

        logger.LogError(
            "Blob '{Container}/{Blob}' failed function '{Function}' {Tries} times and is put aside", blob.Container, blob.Name, blob.Function.Name, tries);
        await poison.AddAsync(
            new PoisonBlob
            {
                Id = PoisonBlobs.IdOf(blob),
                FunctionId = blob.Function.Name,
                ContainerName = blob.Container,
                BlobName = blob.Name,
                ETag = blob.ETag.ToString(),
                Tries = tries,
                Error = last is null ? "The process ended during each try." : $"{last.GetType().Name}: {last.Message}",
                FailedAt = time.GetUtcNow(),
            },
            cancellationToken);
        await receipts.CompleteAsync(blob, tries, cancellationToken);
    }

    private Dictionary<string, object?> BindingData(TriggeringBlob blob)
    {
        var pattern = patterns.GetOrAdd(blob.Function, function => BlobParameterBinder.PatternOf(function, configuration));
        return new Dictionary<string, object?>(pattern.Match(blob.Name) ?? ImmutableDictionary<string, object?>.Empty, StringComparer.OrdinalIgnoreCase)
        {
            ["BlobTrigger"] = $"{blob.Container}/{blob.Name}",
            ["Uri"] = blob.Client.Uri,
        };
    }

    private static async Task<bool> IsCurrentAsync(TriggeringBlob blob, CancellationToken cancellationToken)
    {
        try
        {
            var properties = await blob.Client.GetPropertiesAsync(cancellationToken: cancellationToken);
            return TriggeringBlob.Quoted(properties.Value.ETag) == blob.ETag;
        }
        catch (RequestFailedException exception) when (exception.Status == 404)
        {
            return false;
        }
    }

    /// <summary>The repeated listing of one container for the functions that watch it.</summary>
    private sealed class Sweep(BlobContainerClient container, List<(FunctionDescriptor Function, BlobPath Pattern)> triggers)
    {
        // The service tells times to the second.
        private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);
        private readonly Dictionary<(string, string, string, string), DateTimeOffset> seen = [];
        private readonly string prefix = CommonPrefix([.. triggers.Select(trigger => trigger.Pattern.Prefix)]);
        private DateTimeOffset since;
        private DateTimeOffset saved;
        private DateTimeOffset? began;
        private string? continuation;

        public BlobContainerClient Container => container;

        public async Task RestoreAsync(BlobListener listener, CancellationToken cancellationToken)
        {
            try
            {
                var info = (await (await InfoAsync(listener, cancellationToken)).DownloadContentAsync(cancellationToken)).Value.Content;
                since = saved = JsonSerializer.Deserialize<ScanInfo>(info.ToMemory().Span)?.LatestScan ?? default;
            }
            catch (Exception exception)
                when (exception is RequestFailedException or AggregateException or JsonException && !cancellationToken.IsCancellationRequested)
            {
                // No scan is known: all blobs are looked at, and their receipts keep them from being processed again.
                since = saved = default;
            }
        }

        /// <summary>Lists up to a number of blobs and takes up the new ones; gives how many were listed.</summary>
        public async Task<int> ListAsync(BlobListener listener, int budget, CancellationToken cancellationToken)
        {
            var listed = 0;
            while (listed < budget)
            {
                var pages = container.GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix, cancellationToken).AsPages(continuation, 5000);
                await using var page = pages.GetAsyncEnumerator(cancellationToken);
                try
                {
                    if (!await page.MoveNextAsync())
                        return listed;
                }
                catch (RequestFailedException exception) when (exception.Status == 404)
                {
                    // The container comes into being with its first blob.
                    continuation = null;
                    began = null;
                    return listed;
                }

                // What is written behind the cursor while a sweep is under way has a later time than the sweep's begin, by the service's own clock.
                began ??= page.Current.GetRawResponse().Headers.Date ?? listener.time.GetUtcNow();
                foreach (var item in page.Current.Values)
                {
                    listed++;
                    Take(listener, item);
                }

                continuation = page.Current.ContinuationToken is { Length: > 0 } token ? token : null;
                if (continuation is not null)
                    continue;
                since = began.Value - Margin;
                began = null;
                foreach (var (key, modified) in seen)
                {
                    // No later sweep looks at these again.
                    if (modified < since)
                        seen.Remove(key);
                }

                return listed;
            }

            return listed;
        }

        /// <summary>Keeps how far the sweeps came, but never beyond a blob that is still under way.</summary>
        public async Task SaveAsync(BlobListener listener, CancellationToken cancellationToken)
        {
            var done = since;
            foreach (var blob in listener.underWay.Values)
            {
                if (blob.Container == container.Name && blob.LastModified - Margin < done)
                    done = blob.LastModified - Margin;
            }

            // Each sweep moves on a little; one write a minute keeps the next start short enough.
            if (done - saved < TimeSpan.FromMinutes(1))
                return;
            await (await InfoAsync(listener, cancellationToken)).UploadAsync(
                BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(new ScanInfo(done))), overwrite: true, cancellationToken);
            saved = done;
        }

        private static string CommonPrefix(string[] prefixes)
        {
            var length = prefixes.Min(text => text.Length);
            for (var i = 0; i < length; i++)
            {
                if (prefixes.Any(text => text[i] != prefixes[0][i]))
                    return prefixes[0][..i];
            }

            return prefixes[0][..length];
        }

        private void Take(BlobListener listener, BlobItem item)
        {
            if (item.Properties is not { ETag: { } etag, LastModified: { } modified } || modified < since)
                return;
            foreach (var (function, pattern) in triggers)
            {
                if (pattern.Match(item.Name) is null)
                    continue;
                var blob = new TriggeringBlob(function, container.Name, item.Name, TriggeringBlob.Quoted(etag), modified)
                {
                    Client = container.GetBlockBlobClient(item.Name),
                };
                if (seen.TryAdd(blob.Key, modified))
                    listener.Enqueue(blob);
            }
        }

        private async Task<BlobClient> InfoAsync(BlobListener listener, CancellationToken cancellationToken)
        {
            var hosts = await listener.receipts.ContainerAsync(cancellationToken);
            return hosts.GetBlobClient($"blobscaninfo/{listener.settings.HostId}/{container.AccountName}/{container.Name}/scanInfo");
        }

        private sealed record ScanInfo(DateTimeOffset LatestScan);
    }
}
