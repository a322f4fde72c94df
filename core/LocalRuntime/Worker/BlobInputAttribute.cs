using Iml4e.LocalRuntime.Worker.Extensions.Abstractions;

namespace Iml4e.LocalRuntime.Worker;

/// <summary>Hands a blob to a function.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class BlobInputAttribute : InputBindingAttribute
{
    /// <summary>Sets the path, in which binding expressions are replaced.</summary>
    public BlobInputAttribute(string blobPath) => BlobPath = blobPath;

    /// <summary>The path as written.</summary>
    public string BlobPath { get; }

    /// <summary>The setting that holds the connection; AzureWebJobsStorage when not set.</summary>
    public string? Connection { get; set; }
}
