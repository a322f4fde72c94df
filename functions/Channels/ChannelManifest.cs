using System.Text.Json.Serialization;
using Iml4e.Inference;

namespace Iml4e.Functions.Channels;

/// <summary>What an application in the field is told of the newest version on a channel; signed as these very bytes.</summary>
internal sealed record ChannelManifest
{
    /// <summary>Version of this form, 1.</summary>
    [JsonPropertyOrder(-1)]
    public int Schema { get; init; } = 1;

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>The channel, by the name that it was asked for.</summary>
    public required string Channel { get; init; }

    /// <summary>The version.</summary>
    public required string Version { get; init; }

    /// <summary>
    /// Rises with every move of the channel, also with one back to an older version: who refuses a smaller one cannot be led back by a replay.
    /// </summary>
    public required long Sequence { get; init; }

    /// <summary>SHA-256 of the file, as <c>sha256:</c> and hexadecimal digits.</summary>
    public required string Digest { get; init; }

    /// <summary>Bytes of the file.</summary>
    public required long Size { get; init; }

    /// <summary>Where the file is, below the address of the app.</summary>
    public required string Content { get; init; }

    /// <summary>When the manifest was issued.</summary>
    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary>After this it must not be relied on: an answer held back for long is no answer.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>Since when the channel gives the version.</summary>
    public required DateTimeOffset ReleasedAt { get; init; }

    /// <summary>The version before on this channel; null for the first.</summary>
    public string? Previous { get; init; }

    /// <summary>regression, classification …; null when not told.</summary>
    public string? Task { get; init; }

    /// <summary>What the model takes.</summary>
    public required IReadOnlyList<ChannelTensor> Inputs { get; init; }

    /// <summary>What it gives.</summary>
    public required IReadOnlyList<ChannelTensor> Outputs { get; init; }

    /// <summary>Format version and operator sets that a runtime must have at least.</summary>
    public required ModelRequirements Requires { get; init; }

    /// <summary>The runtime that the file was tried with before it was registered; null when it was not.</summary>
    public string? TriedWith { get; init; }
}

/// <summary>An input or output.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">Type of its elements.</param>
/// <param name="Shape">Dimensions; −1 is variable.</param>
internal sealed record ChannelTensor(string Name, TensorDatatype Datatype, IReadOnlyList<long> Shape);
