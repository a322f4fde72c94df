using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Adversarial.Configuration;

/// <summary>What a model must withstand to be accepted; may stand beside an accept expression.</summary>
public sealed record GateSettings
{
    /// <summary>Largest relative drop of the mean average precision, 0 to 1.</summary>
    [JsonPropertyName("maxRelativeMapDrop")]
    public double? MaxRelativeMapDrop { get; init; }

    /// <summary>Least robust accuracy by ε, such as 8/255: 0.4.</summary>
    [JsonPropertyName("minRobustAccuracy")]
    public IReadOnlyDictionary<string, double>? MinRobustAccuracy { get; init; }
}
