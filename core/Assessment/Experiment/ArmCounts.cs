using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>What one arm has gathered.</summary>
public sealed record ArmCounts
{
    /// <summary>Mature outcomes as measured (not turned round), one for each unit, or for each request when the request is the unit.</summary>
    public Moments Outcomes { get; init; }

    /// <summary>Distinct units assigned to the slice.</summary>
    public long Units { get; init; }

    /// <summary>Requests answered for it.</summary>
    public long Requests { get; init; }

    /// <summary>Predictions past the label deadline that have their label.</summary>
    public long Labelled { get; init; }

    /// <summary>Predictions past the label deadline that never got one.</summary>
    public long Missing { get; init; }

    /// <summary>Requests that failed; mode ctcde, else null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Errors { get; init; }

    /// <summary>Mean latency of the requests that were answered, milliseconds; mode ctcde, else null, and null without any.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? MeanLatencyMs { get; init; }

    /// <summary>Guardrail events by the guardrail's name; a name that is not there counts 0.</summary>
    public IReadOnlyDictionary<string, long> Events { get; init; } = new SortedDictionary<string, long>(StringComparer.Ordinal);
}
