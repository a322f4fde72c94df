using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>The shadow phase that precedes any exposure.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SmokeOptions
{
    /// <summary>Whether there is one; true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Shadow requests after which it is judged; 200.</summary>
    public int MinRequests { get; init; } = 200;

    /// <summary>Time after which it is judged on fewer requests (one at least); 10 minutes.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The largest share of failed shadow requests that passes; 0.01.</summary>
    public double MaxErrorRate { get; init; } = 0.01;

    /// <summary>The largest ratio of the challenger's p95 latency to the champion's that passes; 2.</summary>
    public double MaxLatencyRatio { get; init; } = 2;

    /// <summary>A p95 latency below this many milliseconds always passes, since ratios of fractions of a millisecond are noise; 10.</summary>
    public double LatencyFloorMs { get; init; } = 10;
}
