using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Iml4e.LocalRuntime.Hosting.Blobs;

/// <summary>
/// Remembers, in the storage account, which content versions each function has seen: an empty blob a version, whose metadata tell the tries and the end.
/// </summary>
internal sealed class BlobReceipts(BlobConnections connections, HostSettings settings)
{
    private const string Container = "azure-webjobs-hosts";
    private const string StatusKey = "Status";
    private const string TriesKey = "Tries";
    private const string Completed = "Completed";
    private const string Incomplete = "Incomplete";
    private int created;

    /// <summary>The tries that were begun so far, or null when this version is done with.</summary>
    public async Task<int?> TriesAsync(TriggeringBlob blob, CancellationToken cancellationToken)
    {
        try
        {
            var properties = (await Receipt(blob).GetPropertiesAsync(cancellationToken: cancellationToken)).Value;
            if (properties.Metadata.TryGetValue(StatusKey, out var status) && status == Completed)
                return null;
            return properties.Metadata.TryGetValue(TriesKey, out var tries)
                && int.TryParse(tries, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;
        }
        catch (RequestFailedException exception) when (exception.Status == 404)
        {
            return 0;
        }
    }

    /// <summary>Notes that a try begins, so that a blob that ends the process is not tried for ever.</summary>
    public Task BeginAsync(TriggeringBlob blob, int tries, CancellationToken cancellationToken) => WriteAsync(blob, Incomplete, tries, cancellationToken);

    /// <summary>Notes that the version is done with: processed, or put aside.</summary>
    public Task CompleteAsync(TriggeringBlob blob, int tries, CancellationToken cancellationToken) => WriteAsync(blob, Completed, tries, cancellationToken);

    /// <summary>Forgets the version.</summary>
    public Task ForgetAsync(TriggeringBlob blob, CancellationToken cancellationToken)
        => Receipt(blob).DeleteIfExistsAsync(cancellationToken: cancellationToken);

    /// <summary>The container of receipts, made when it is not there.</summary>
    public async Task<BlobContainerClient> ContainerAsync(CancellationToken cancellationToken)
    {
        var container = connections.Client(null).GetBlobContainerClient(Container);
        if (Volatile.Read(ref created) == 0)
        {
            await container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            Volatile.Write(ref created, 1);
        }

        return container;
    }

    private async Task WriteAsync(TriggeringBlob blob, string status, int tries, CancellationToken cancellationToken)
    {
        await ContainerAsync(cancellationToken);
        var metadata = new Dictionary<string, string> { [StatusKey] = status, [TriesKey] = tries.ToString(CultureInfo.InvariantCulture) };
        await Receipt(blob).UploadAsync(BinaryData.FromBytes(ReadOnlyMemory<byte>.Empty), new BlobUploadOptions { Metadata = metadata }, cancellationToken);
    }

    private BlobClient Receipt(TriggeringBlob blob)
    {
        var etag = blob.ETag.ToString().Trim('"');
        var folder = $"blobreceipts/{settings.HostId}/{blob.Function.Name}/{etag}/{blob.Container}/";

        // A name has room for 1024 characters; the longest names of blobs leave none for ours.
        var path = folder.Length + blob.Name.Length <= 1000
            ? folder + blob.Name
            : folder + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(blob.Name)));
        return connections.Client(null).GetBlobContainerClient(Container).GetBlobClient(path);
    }
}
