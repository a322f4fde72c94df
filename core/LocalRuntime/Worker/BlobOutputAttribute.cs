using Iml4e.LocalRuntime.Worker.Extensions.Abstractions;

namespace Iml4e.LocalRuntime.Worker;

/// <summary>Writes a function's result, or a property of it, to a blob.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Property)]
public sealed class BlobOutputAttribute : OutputBindingAttribute
{
    /// <summary>Sets the path, in which binding expressions are replaced.</summary>
    public BlobOutputAttribute(string blobPath) => BlobPath = blobPath;

    /// <summary>The path as written.</summary>
    public string BlobPath { get; }

    /// <summary>The setting that holds the connection; AzureWebJobsStorage when not set.</summary>
    public string? Connection { get; set; }
}
