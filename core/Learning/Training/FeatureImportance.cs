using System.Text.Json.Serialization;

namespace Iml4e.Learning;

/// <summary>How much a feature counts in a model.</summary>
/// <param name="Feature">Name of the feature, e.g. "outdoor.lag_24".</param>
/// <param name="Value">Trees: gain, the mean over its splits. Linear: mean |weight| of the standardised feature.</param>
/// <param name="Share">Trees: its part of the total gain. Linear: its part of the sum of weights. All shares add up to 1.</param>
public sealed record FeatureImportance(string Feature, double Value, double Share)
{
    /// <summary>Trees: weight, the number of splits by it; null for other models.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Splits { get; init; }

    /// <summary>Trees: cover, the mean sum of Hessians at its splits (for a squared error: the rows that pass); null for other models.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Cover { get; init; }
}
