using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>The function that turns a unit into a number in [0, 1).</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<AssignmentHash>))]
public enum AssignmentHash
{
    /// <summary>The first 53 bits of SHA-256 of "salt:unit".</summary>
    Sha256,

    /// <summary>GrowthBook's hash version 2, in steps of 1/10000, for those who move from there.</summary>
    [JsonStringEnumMemberName("growthbook-v2")]
    GrowthBookV2,
}
