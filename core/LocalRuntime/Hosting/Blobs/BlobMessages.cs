using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Hosting.Blobs;

/// <summary>
/// What was asked for beside the scans: blobs that an event told of, that an operator drives again or runs by hand. Each is a document
/// <c>blobmessages/{hostId}/{id}.json</c> in <c>azure-webjobs-hosts</c> until it is done, so that nothing that was promised is lost with the process.
/// </summary>
internal sealed class BlobMessages(
    BlobConnections connections, BlobReceipts receipts, FunctionRegistry registry, HostSettings settings, ILogger<BlobMessages> logger)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Keeps a message; twice the same is one.</summary>
    /// <returns>The blob, which now has a message.</returns>
    public async Task<TriggeringBlob> KeepAsync(TriggeringBlob blob, CancellationToken cancellationToken)
    {
        var message = new BlobMessage
        {
            FunctionId = blob.Function.Name, ContainerName = blob.Container, BlobName = blob.Name, ETag = blob.ETag.ToString(),
        };
        var container = await receipts.ContainerAsync(cancellationToken);
        await container.GetBlobClient(PathOf(blob.Id)).UploadAsync(
            BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(message, Json)), overwrite: true, cancellationToken);
        return blob with { HasMessage = true };
    }

    /// <summary>Gives up the message of a blob that is done with.</summary>
    public async Task RemoveAsync(TriggeringBlob blob, CancellationToken cancellationToken)
    {
        if (blob.HasMessage)
            await (await receipts.ContainerAsync(cancellationToken)).GetBlobClient(PathOf(blob.Id)).DeleteIfExistsAsync(cancellationToken: cancellationToken);
    }

    /// <summary>Hands over all that is still to be done.</summary>
    public async Task TakeUpAsync(Action<TriggeringBlob> take, CancellationToken cancellationToken)
    {
        var container = await receipts.ContainerAsync(cancellationToken);
        await foreach (var item in container.GetBlobsAsync(BlobTraits.None, BlobStates.None, $"blobmessages/{settings.HostId}/", cancellationToken))
        {
            var client = container.GetBlobClient(item.Name);
            if (await ReadAsync(client, cancellationToken) is not { } message)
                continue;
            if (registry.Find(message.FunctionId) is { Kind: TriggerKind.Blob } function)
            {
                take(Blob(function, message));
            }
            else
            {
                logger.LogWarning(
                    "The blob '{Container}/{Blob}' waited for function '{Function}', which is no more", message.ContainerName, message.BlobName,
                    message.FunctionId);
                await client.DeleteIfExistsAsync(cancellationToken: cancellationToken);
            }
        }
    }

    // The scan information need not wait for it: it has a message of its own.
    private TriggeringBlob Blob(FunctionDescriptor function, BlobMessage message) =>
        new(function, message.ContainerName, message.BlobName, new ETag(message.ETag), DateTimeOffset.MaxValue)
        {
            Client = connections.Of(function).GetBlobContainerClient(message.ContainerName).GetBlockBlobClient(message.BlobName),
            HasMessage = true,
        };

    private async Task<BlobMessage?> ReadAsync(BlobClient client, CancellationToken cancellationToken)
    {
        try
        {
            return JsonSerializer.Deserialize<BlobMessage>((await client.DownloadContentAsync(cancellationToken)).Value.Content.ToMemory().Span, Json);
        }
        catch (RequestFailedException exception) when (exception.Status == 404)
        {
            // Done with since it was listed.
            return null;
        }
        catch (JsonException exception)
        {
            logger.LogWarning("The message '{Message}' cannot be read and is left: {Error}", client.Name, exception.Message);
            return null;
        }
    }

    private string PathOf(string id) => $"blobmessages/{settings.HostId}/{id}.json";
}
