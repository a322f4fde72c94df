using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Triggers;

/// <summary>When a monitored score starts a retraining: above high several times in a row, then not again before it came back below low.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record HysteresisConfiguration
{
    /// <summary>Scores at or above this count upwards; 0.5.</summary>
    public double High { get; init; } = 0.5;

    /// <summary>Scores at or below this count downwards; 0.3.</summary>
    public double Low { get; init; } = 0.3;

    /// <summary>High scores in a row that trigger; 3.</summary>
    public int ConsecutiveHigh { get; init; } = 3;

    /// <summary>Low scores in a row that arm it again; 2.</summary>
    public int ConsecutiveLow { get; init; } = 2;

    /// <summary>Least time between two triggers; 1 day.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan Cooldown { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Most triggers a day, UTC; 2, or 0 for no cap.</summary>
    public int MaxPerDay { get; init; } = 2;

    /// <summary>By what each failed retraining multiplies the cool-down; 2.</summary>
    public double FailureBackoffFactor { get; init; } = 2;

    /// <summary>The longest cool-down that failures lead to; 14 days.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan FailureBackoffCap { get; init; } = TimeSpan.FromDays(14);

    /// <summary>Everything that is wrong, each with the JSON path of the field.</summary>
    /// <param name="path">The path of the configuration in the document.</param>
    public IReadOnlyList<ConfigurationError> Validate(string path = "monitor")
    {
        var check = new ConfigurationCheck(path);
        check.That(double.IsFinite(High), "high", "must be a number");
        check.That(Low >= 0, "low", "must not be negative");
        check.That(Low < High, "low", "must be below high");
        check.That(ConsecutiveHigh >= 1, "consecutiveHigh", "must be at least 1");
        check.That(ConsecutiveLow >= 1, "consecutiveLow", "must be at least 1");
        check.That(Cooldown >= TimeSpan.Zero, "cooldown", "must not be negative");
        check.That(MaxPerDay >= 0, "maxPerDay", "must not be negative");
        check.That(FailureBackoffFactor >= 1 && double.IsFinite(FailureBackoffFactor), "failureBackoffFactor", "must be at least 1");
        check.That(FailureBackoffCap >= Cooldown, "failureBackoffCap", "must not be below cooldown");
        return check.Errors;
    }
}
