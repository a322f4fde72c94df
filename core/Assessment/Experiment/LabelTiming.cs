using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>When outcomes count.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record LabelTiming
{
    /// <summary>An outcome counts only when its request is at least this old, however early the label came; 1 day.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan Maturity { get; init; } = TimeSpan.FromDays(1);

    /// <summary>A prediction without a label is missing when it is this old; 7 days.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan Deadline { get; init; } = TimeSpan.FromDays(7);

    /// <summary>
    /// Whether the outcome of a request counts by now. That its label has come is not enough: labels that come fast are not a fair sample of all.
    /// </summary>
    public bool IsMature(DateTimeOffset requestedAt, DateTimeOffset now) => now - requestedAt >= Maturity;

    /// <summary>Whether a request without a label counts as missing by now.</summary>
    public bool IsOverdue(DateTimeOffset requestedAt, DateTimeOffset now) => now - requestedAt >= Deadline;
}
