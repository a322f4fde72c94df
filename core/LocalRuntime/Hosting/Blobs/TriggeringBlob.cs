using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Storage.Blobs.Specialized;

namespace Iml4e.LocalRuntime.Hosting.Blobs;

/// <summary>A content version of a blob that triggers a function.</summary>
internal sealed record TriggeringBlob(FunctionDescriptor Function, string Container, string Name, ETag ETag, DateTimeOffset LastModified)
{
    /// <summary>The key of this version for this function.</summary>
    public (string Function, string Container, string Name, string ETag) Key => (Function.Name, Container, Name, ETag.ToString());

    /// <summary>The same as a name for documents about it.</summary>
    public string Id => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', Function.Name, Container, Name, ETag.ToString()))).AsSpan(0, 16));

    /// <summary>Whether a message asks for it, which goes when it is done with.</summary>
    public bool HasMessage { get; init; }

    /// <summary>A client of the blob, through the trigger's connection.</summary>
    public required BlockBlobClient Client { get; init; }

    /// <summary>An ETag as headers write it; listings and events leave the quotes out.</summary>
    public static ETag Quoted(ETag etag) => new($"\"{etag.ToString().Trim('"')}\"");
}
