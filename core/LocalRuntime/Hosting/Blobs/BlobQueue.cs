using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using Azure;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Hosting.Blobs;

/// <summary>
/// The blobs that are to be processed, and those that are: a number at once, each version once for each function, tried again when it fails, and put aside when
/// it failed too often.
/// </summary>
internal sealed class BlobQueue(
    FunctionInvoker invoker,
    IConfiguration configuration,
    BlobReceipts receipts,
    PoisonBlobs poison,
    BlobMessages messages,
    HostSettings settings,
    LocalRuntimeOptions options,
    TimeProvider time,
    ILogger<BlobQueue> logger)
{
    private readonly Channel<TriggeringBlob> queue = Channel.CreateUnbounded<TriggeringBlob>();
    private readonly ConcurrentDictionary<(string, string, string, string), TriggeringBlob> underWay = new();
    private readonly ConcurrentDictionary<FunctionDescriptor, BlobPath> patterns = new();

    /// <summary>The blobs that wait or are being processed.</summary>
    public IEnumerable<TriggeringBlob> UnderWay => underWay.Values;

    /// <summary>Adds a blob, unless this version waits for this function already.</summary>
    public void Add(TriggeringBlob blob)
    {
        if (underWay.TryAdd(blob.Key, blob))
            queue.Writer.TryWrite(blob);
    }

    /// <summary>Processes what is added until it is cancelled; what runs then may end in peace.</summary>
    public Task ServeAsync(CancellationToken cancellationToken)
        => Task.WhenAll(Enumerable.Range(0, settings.BlobParallelism).Select(_ => ServeOneByOneAsync(cancellationToken)));

    private async Task ServeOneByOneAsync(CancellationToken cancellationToken)
    {
        await foreach (var blob in queue.Reader.ReadAllAsync(cancellationToken))
        {
            try
            {
                await ProcessAsync(blob, cancellationToken);
                await messages.RemoveAsync(blob, cancellationToken);
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
            try
            {
                await invoker.InvokeAsync(blob.Function, blob, BindingData(blob), cancellationToken);
                await receipts.CompleteAsync(blob, tries, CancellationToken.None);
                return;
            }
            catch (BlobVersionGoneException)
            {
                return;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
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

        await PutAsideAsync(blob, tries, last, cancellationToken);
    }

    private async Task PutAsideAsync(TriggeringBlob blob, int tries, Exception? last, CancellationToken cancellationToken)
    {
        logger.LogError(
            "Blob '{Container}/{Blob}' failed function '{Function}' {Tries} times and is put aside", blob.Container, blob.Name, blob.Function.Name, tries);
        await poison.AddAsync(
            new PoisonBlob
            {
                Id = blob.Id,
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
}
