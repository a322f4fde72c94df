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

    /// <summary>Judges the shadow smoke phase by its counts alone.</summary>
    /// <param name="counts">What it has seen.</param>
    /// <param name="elapsed">Time since it began.</param>
    /// <returns>True when passed, false when failed (with the reason), null when more requests are wanted.</returns>
    public (bool? Passed, string? Reason) Judge(SmokeCounts? counts, TimeSpan elapsed)
    {
        if (!Enabled)
            return (true, null);
        if (counts is null || counts.Requests == 0)
            return (null, null);
        if (counts.NonFinite > 0)
            return (false, $"{counts.NonFinite} answers with NaN or an infinity");
        if (counts.SchemaMismatches > 0)
            return (false, $"{counts.SchemaMismatches} answers whose outputs differ from the champion's");
        if (counts.Requests < MinRequests && elapsed < MaxDuration)
            return (null, null);
        if (counts.Errors > MaxErrorRate * counts.Requests)
            return (false, FormattableString.Invariant($"{counts.Errors} of {counts.Requests} requests failed, more than {MaxErrorRate:P1}"));
        if (counts is { ChallengerP95Ms: { } challenger, ChampionP95Ms: { } champion }
            && challenger > LatencyFloorMs && challenger > MaxLatencyRatio * champion)
        {
            return (false, FormattableString.Invariant(
                $"p95 latency {challenger:0.##} ms is more than {MaxLatencyRatio:0.##} times the champion's {champion:0.##} ms"));
        }
        return (true, null);
    }
}
