using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>Limits of the sample-ratio tests.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SampleRatioOptions
{
    /// <summary>Limit of the χ² test at decision time; 0.001.</summary>
    public double AlphaFixed { get; init; } = 0.001;

    /// <summary>Limit of the sequential test at every look; 0.001.</summary>
    public double AlphaSequential { get; init; } = 0.001;
}
