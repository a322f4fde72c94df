namespace Iml4e.Functions.Channels;

/// <summary>The names of channels.</summary>
internal static class ChannelNames
{
    /// <summary>The version that serves; also called stable.</summary>
    public const string Champion = "champion";

    /// <summary>The version that served before it.</summary>
    public const string Previous = "previous";

    /// <summary>The version that meets live traffic in an experiment, and the champion while there is none; also called candidate.</summary>
    public const string Challenger = "challenger";

    /// <summary>The channel behind a name; null when there is none.</summary>
    public static string? Canonical(string name) => name switch
    {
        Champion or "stable" => Champion,
        Previous => Previous,
        Challenger or "candidate" => Challenger,
        _ => null,
    };

    /// <summary>The version that a name such as v3 holds fast; null when it is not of that form.</summary>
    public static string? Pinned(string name) =>
        name is ['v', >= '1' and <= '9', ..] && name.Length <= 10 && name.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0 ? name[1..] : null;
}
