using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>Takes the challenger out at once, without statistics.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record CircuitBreakerOptions
{
    /// <summary>The newest span of time looked at; 1 minute.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan Window { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Challenger requests in the window below which it does not trip; 50.</summary>
    public int MinRequests { get; init; } = 50;

    /// <summary>The share of failed challenger requests at which it trips; 0.10.</summary>
    public double ErrorRate { get; init; } = 0.10;
}
