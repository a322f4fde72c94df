namespace Iml4e.LocalRuntime.Hosting.Blobs;

/// <summary>A blob that was put aside after its last try failed.</summary>
internal sealed record PoisonBlob
{
    /// <summary>The id to drive it again by.</summary>
    public required string Id { get; init; }

    public string Type { get; init; } = "BlobTrigger";

    public required string FunctionId { get; init; }

    public string BlobType { get; init; } = "BlockBlob";

    public required string ContainerName { get; init; }

    public required string BlobName { get; init; }

    public required string ETag { get; init; }

    public required int Tries { get; init; }

    public required string Error { get; init; }

    public required DateTimeOffset FailedAt { get; init; }
}
