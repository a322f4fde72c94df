using System.Text;
using Azure.Storage.Blobs;
using Iml4e.Catalog;

namespace Iml4e.Tests.Integration.App;

/// <summary>An artefact of the running app whose bytes are not those of its digest; gone when disposed, so that other tests find the catalogue whole.</summary>
internal sealed class DamagedArtefact : IAsyncDisposable
{
    private readonly BlobClient blob;

    private DamagedArtefact(string digest, BlobClient blob)
    {
        Digest = digest;
        this.blob = blob;
    }

    /// <summary>The digest that it is stored under.</summary>
    public string Digest { get; }

    public static async Task<DamagedArtefact> CreateAsync(AppStack app)
    {
        await using var catalog = app.OpenCatalog();
        var digest = (await catalog.Artefacts.PutAsync(Encoding.UTF8.GetBytes("[red]" + AppStack.Unique("right")), "text/plain")).Digest;
        var container = new BlobServiceClient(app.StorageConnection, CatalogStore.ClientOptions()).GetBlobContainerClient("artefacts");
        await foreach (var item in container.GetBlobsAsync())
        {
            if (!item.Name.Replace("/", "", StringComparison.Ordinal).EndsWith(digest.Split(':')[^1], StringComparison.Ordinal))
                continue;
            var blob = container.GetBlobClient(item.Name);
            await blob.UploadAsync(BinaryData.FromString("something else"), overwrite: true);
            return new DamagedArtefact(digest, blob);
        }

        throw new InvalidOperationException($"No blob holds the artefact {digest}.");
    }

    public async ValueTask DisposeAsync() => await blob.DeleteAsync();
}
