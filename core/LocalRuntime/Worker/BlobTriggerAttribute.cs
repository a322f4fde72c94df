using Iml4e.LocalRuntime.Worker.Extensions.Abstractions;

namespace Iml4e.LocalRuntime.Worker;

/// <summary>Runs a function once for each content version of a blob that fits a path pattern.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class BlobTriggerAttribute : TriggerBindingAttribute
{
    /// <summary>Sets the path pattern, such as <c>inbox/{name}.csv</c>.</summary>
    public BlobTriggerAttribute(string blobPath) => BlobPath = blobPath;

    /// <summary>The path pattern as written.</summary>
    public string BlobPath { get; }

    /// <summary>The setting that holds the connection; AzureWebJobsStorage when not set.</summary>
    public string? Connection { get; set; }

    /// <summary>How new blobs are found.</summary>
    public BlobTriggerSource Source { get; set; } = BlobTriggerSource.LogsAndContainerScan;
}
