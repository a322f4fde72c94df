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
}
