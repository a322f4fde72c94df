namespace Iml4e.LocalRuntime.Hosting.Blobs;

/// <summary>That a version of a blob is to be processed by a function; the fields are those of the real host's queue messages.</summary>
internal sealed record BlobMessage
{
    public string Type { get; init; } = "BlobTrigger";

    public required string FunctionId { get; init; }

    public string BlobType { get; init; } = "BlockBlob";

    public required string ContainerName { get; init; }

    public required string BlobName { get; init; }

    public required string ETag { get; init; }
}
