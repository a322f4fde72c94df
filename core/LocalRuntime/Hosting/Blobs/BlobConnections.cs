using System.Collections.Concurrent;
using Azure.Storage.Blobs;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Microsoft.Extensions.Configuration;

namespace Iml4e.LocalRuntime.Hosting.Blobs;

/// <summary>Clients of the Blob endpoints that the settings name.</summary>
internal sealed class BlobConnections(IConfiguration configuration)
{
    /// <summary>The setting that holds the connection when an attribute names none.</summary>
    public const string DefaultSetting = "AzureWebJobsStorage";

    private readonly ConcurrentDictionary<string, BlobServiceClient> clients = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The client of a connection; throws <see cref="FunctionBindingException"/> when its setting is not there or cannot be read.</summary>
    public BlobServiceClient Client(string? connection)
        => clients.GetOrAdd(string.IsNullOrEmpty(connection) ? DefaultSetting : connection, Connect);

    private BlobServiceClient Connect(string name)
    {
        // The emulator of the development machine answers this version and all before it.
        var options = new BlobClientOptions(BlobClientOptions.ServiceVersion.V2023_01_03);
        var text = configuration[name] ?? configuration["AzureWebJobs" + name] ?? configuration["ConnectionStrings:" + name];
        try
        {
            if (!string.IsNullOrWhiteSpace(text))
                return new BlobServiceClient(text, options);

            // An address with a signature in it needs no further credential.
            if (configuration[name + ":blobServiceUri"] is { Length: > 0 } address)
                return new BlobServiceClient(new Uri(address), options);
        }
        catch (FormatException)
        {
            throw new FunctionBindingException($"the setting '{name}' does not hold a storage connection string");
        }

        throw new FunctionBindingException($"the setting '{name}', which holds the storage connection, is not set");
    }
}
