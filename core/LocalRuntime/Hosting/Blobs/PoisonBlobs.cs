using System.Text.Json;
using System.Text.RegularExpressions;
using Azure;
using Azure.Storage.Blobs.Models;

namespace Iml4e.LocalRuntime.Hosting.Blobs;

/// <summary>Blobs that were put aside, each a JSON document <c>poison/{hostId}/{id}.json</c> in <c>azure-webjobs-hosts</c>.</summary>
internal sealed partial class PoisonBlobs(BlobConnections connections, BlobReceipts receipts, HostSettings settings, FunctionRegistry registry)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public async Task AddAsync(PoisonBlob blob, CancellationToken cancellationToken)
    {
        var container = await receipts.ContainerAsync(cancellationToken);
        await container.GetBlobClient(PathOf(blob.Id)).UploadAsync(
            BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(blob, Json)),
            new BlobUploadOptions { HttpHeaders = new BlobHttpHeaders { ContentType = "application/json" } },
            cancellationToken);
    }

    /// <summary>All of them, oldest failure first; empty when the app has no blob functions.</summary>
    public async Task<IReadOnlyList<PoisonBlob>> ListAsync(CancellationToken cancellationToken)
    {
        if (!registry.OfKind(TriggerKind.Blob).Any())
            return [];
        var container = await receipts.ContainerAsync(cancellationToken);
        var all = new List<PoisonBlob>();
        await foreach (var item in container.GetBlobsAsync(BlobTraits.None, BlobStates.None, $"poison/{settings.HostId}/", cancellationToken))
        {
            if (await FindAsync(Path.GetFileNameWithoutExtension(item.Name), cancellationToken) is { } blob)
                all.Add(blob);
        }

        return [.. all.OrderBy(blob => blob.FailedAt)];
    }

    /// <summary>One of them; null when there is none of this id.</summary>
    public async Task<PoisonBlob?> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (!Id().IsMatch(id) || !registry.OfKind(TriggerKind.Blob).Any())
            return null;
        try
        {
            var container = await receipts.ContainerAsync(cancellationToken);
            var content = (await container.GetBlobClient(PathOf(id)).DownloadContentAsync(cancellationToken)).Value.Content;
            return JsonSerializer.Deserialize<PoisonBlob>(content.ToMemory().Span, Json);
        }
        catch (RequestFailedException exception) when (exception.Status == 404)
        {
            return null;
        }
    }

    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        var container = connections.Client(null).GetBlobContainerClient("azure-webjobs-hosts");
        await container.GetBlobClient(PathOf(id)).DeleteIfExistsAsync(cancellationToken: cancellationToken);
    }

    private string PathOf(string id) => $"poison/{settings.HostId}/{id}.json";

    [GeneratedRegex("^[0-9a-f]{32}$", RegexOptions.CultureInvariant)]
    private static partial Regex Id();
}
