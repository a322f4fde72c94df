using System.Text.Json.Serialization;

namespace Iml4e.Reporting;

/// <summary>Whether something is good, in words and colour.</summary>
[JsonConverter(typeof(ToneJsonConverter))]
public enum Tone
{
    /// <summary>Neither.</summary>
    Neutral,

    /// <summary>Good.</summary>
    Good,

    /// <summary>To be looked at.</summary>
    Warning,

    /// <summary>Bad.</summary>
    Bad,
}
