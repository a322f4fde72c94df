using System.Text;
using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Iml4e.LocalRuntime.Hosting.Blobs;

/// <summary>Reads a blob as the type that a parameter asks for.</summary>
internal static class BlobContent
{
    /// <summary>Whether a type stands for the blob and not for its content.</summary>
    public static bool IsClient(Type type) => type == typeof(BlobClient) || type == typeof(BlockBlobClient) || type == typeof(BlobBaseClient);

    /// <summary>A client of the given type.</summary>
    public static object Client(Type type, BlobContainerClient container, string name) => type == typeof(BlockBlobClient)
        ? container.GetBlockBlobClient(name)
        : type == typeof(BlobBaseClient) ? container.GetBlobBaseClient(name) : container.GetBlobClient(name);

    /// <summary>
    /// The content as <see cref="Stream"/>, bytes, text, <see cref="BinaryData"/> or JSON; null when the blob is not there.
    /// With an ETag the content is of that version, or <see cref="BlobVersionGoneException"/> is thrown.
    /// </summary>
    public static async Task<object?> ReadAsync(
        BlobBaseClient blob, Type type, ETag? etag, IServiceProvider services, CancellationToken cancellationToken)
    {
        var conditions = etag is { } version ? new BlobRequestConditions { IfMatch = version } : null;
        try
        {
            if (type == typeof(Stream))
                return await blob.OpenReadAsync(new BlobOpenReadOptions(false) { Conditions = conditions }, cancellationToken);
            var content = (await blob.DownloadContentAsync(new BlobDownloadOptions { Conditions = conditions }, cancellationToken)).Value.Content;
            if (type == typeof(byte[]))
                return content.ToArray();
            if (type == typeof(string))
                return Encoding.UTF8.GetString(content);
            if (type == typeof(BinaryData))
                return content;
            var options = services.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
            return JsonSerializer.Deserialize(content.ToMemory().Span, type, options);
        }
        catch (RequestFailedException exception) when (exception.Status is 404 or 412)
        {
            return etag is null ? null : throw new BlobVersionGoneException(exception);
        }
    }
}
