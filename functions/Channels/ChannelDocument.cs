namespace Iml4e.Functions.Channels;

/// <summary>Where a channel of a model stands. Its sequence rises with every move, forwards or back, and is never used twice.</summary>
internal sealed record ChannelDocument
{
    /// <summary>What the channel gives.</summary>
    public required ChannelRelease Current { get; init; }

    /// <summary>What it gave before; null for the first.</summary>
    public ChannelRelease? Before { get; init; }

    /// <summary>Share of the devices that get <see cref="Current"/>; the others get <see cref="Before"/>. 0 to 1.</summary>
    public double Share { get; init; } = 1;

    /// <summary>Share that each new release begins with. 0 to 1.</summary>
    public double InitialShare { get; init; } = 1;

    /// <summary>Path of the document.</summary>
    public static string PathOf(string model, string channel) => $"channels/{model}/{channel}.json";
}

/// <summary>A version on a channel.</summary>
/// <param name="Version">The version.</param>
/// <param name="Sequence">1, 2, … on this channel.</param>
/// <param name="At">Since when.</param>
internal sealed record ChannelRelease(string Version, long Sequence, DateTimeOffset At);
