using System.Text.Json.Serialization;

namespace Iml4e.CommandLine.Channels;

/// <summary>What a client needs of a manifest; it may say more.</summary>
internal sealed record Manifest
{
    /// <summary>Version of its form.</summary>
    [JsonRequired]
    public int Schema { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>The channel.</summary>
    public required string Channel { get; init; }

    /// <summary>The version.</summary>
    public required string Version { get; init; }

    /// <summary>Rises with every move of the channel.</summary>
    [JsonRequired]
    public long Sequence { get; init; }

    /// <summary>SHA-256 of the file, with <c>sha256:</c> before it.</summary>
    public required string Digest { get; init; }

    /// <summary>Bytes of the file.</summary>
    [JsonRequired]
    public long Size { get; init; }

    /// <summary>Where the file is, below the address of the app.</summary>
    public required string Content { get; init; }

    /// <summary>When it was issued.</summary>
    [JsonRequired]
    public DateTimeOffset IssuedAt { get; init; }

    /// <summary>When it ends to be good.</summary>
    [JsonRequired]
    public DateTimeOffset Expires { get; init; }
}
