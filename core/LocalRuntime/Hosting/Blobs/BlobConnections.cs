using System.Collections.Concurrent;
using Azure.Core;
using Azure.Identity;
using Azure.Storage.Blobs;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Worker;
using Microsoft.Extensions.Configuration;

namespace Iml4e.LocalRuntime.Hosting.Blobs;

/// <summary>
/// Clients of the Blob endpoints that the settings name: <c>NAME</c> is a connection string, or <c>NAME__blobServiceUri</c> an address that is entered
/// by a signature in it or by an identity (<c>NAME__credential</c>, <c>NAME__clientId</c>).
/// </summary>
internal sealed class BlobConnections(IConfiguration configuration)
{
    /// <summary>The setting that holds the connection when an attribute names none.</summary>
    public const string DefaultSetting = "AzureWebJobsStorage";

    private readonly ConcurrentDictionary<string, BlobServiceClient> clients = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The client of a connection; throws <see cref="FunctionBindingException"/> when its settings are not there or wrong.</summary>
    public BlobServiceClient Client(string? connection)
        => clients.GetOrAdd(string.IsNullOrEmpty(connection) ? DefaultSetting : connection, Connect);

    /// <summary>The client of a blob function's trigger.</summary>
    public BlobServiceClient Of(FunctionDescriptor function) => Client(((BlobTriggerAttribute)function.Trigger).Connection);

    private BlobServiceClient Connect(string name)
    {
        var text = configuration[name] ?? configuration["AzureWebJobs" + name] ?? configuration["ConnectionStrings:" + name];
        var address = Identity(name, "blobServiceUri") ?? Identity(name, "serviceUri");
        if (address is null && Identity(name, "accountName") is { } account)
            address = $"https://{account}.blob.core.windows.net";

        // The emulator of the development machine answers this version and all before it.
        var options = new BlobClientOptions(BlobClientOptions.ServiceVersion.V2023_01_03);
        if (!string.IsNullOrWhiteSpace(text) && address is not null)
            throw new FunctionBindingException($"both the setting '{name}', a connection string, and '{name}__blobServiceUri', an address, are set; keep one");
        if (address is not null)
            return ConnectByAddress(name, address, options);
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new FunctionBindingException(
                $"the setting '{name}', which holds the storage connection string, is not set, nor is '{name}__blobServiceUri' for an identity");
        }

        try
        {
            return new BlobServiceClient(text, options);
        }
        catch (FormatException)
        {
            throw new FunctionBindingException($"the setting '{name}' does not hold a storage connection string");
        }
    }

    private BlobServiceClient ConnectByAddress(string name, string address, BlobClientOptions options)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw new FunctionBindingException($"the setting '{name}__blobServiceUri' is not the https address of a blob service");
        var (credential, clientId) = (Identity(name, "credential"), Identity(name, "clientId"));
        if (uri.Query.Contains("sig=", StringComparison.OrdinalIgnoreCase))
        {
            return credential is null && clientId is null
                ? new BlobServiceClient(uri, options)
                : throw new FunctionBindingException(
                    $"'{name}__blobServiceUri' holds a signature, so '{name}__credential' and '{name}__clientId' must not be set");
        }

        if (uri.Scheme != Uri.UriSchemeHttps)
            throw new FunctionBindingException($"'{name}__blobServiceUri' must be an https address: an identity is told to no other");
        return new BlobServiceClient(uri, CredentialOf(name, credential, clientId), options);
    }

    // Without a kind the real host looks for an identity wherever a developer or a machine may have one.
    private static TokenCredential CredentialOf(string name, string? credential, string? clientId) => credential?.ToLowerInvariant() switch
    {
        "managedidentity" => new ManagedIdentityCredential(
            clientId is null ? ManagedIdentityId.SystemAssigned : ManagedIdentityId.FromUserAssignedClientId(clientId)),
        null => new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = clientId }),
        _ => throw new FunctionBindingException($"the setting '{name}__credential' is '{credential}'; it can be 'managedidentity', or not set"),
    };

    private string? Identity(string name, string property)
        => configuration[$"{name}:{property}"] is { Length: > 0 } value
            ? value
            : configuration[$"AzureWebJobs{name}:{property}"] is { Length: > 0 } prefixed ? prefixed : null;
}
