namespace Iml4e.LocalRuntime.Worker;

/// <summary>How a blob trigger learns of new blobs.</summary>
public enum BlobTriggerSource
{
    /// <summary>The container is listed again and again.</summary>
    LogsAndContainerScan = 0,

    /// <summary>Event Grid tells; run on one machine, the container is listed all the same.</summary>
    EventGrid = 1,
}
