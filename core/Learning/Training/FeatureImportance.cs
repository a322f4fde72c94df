namespace Iml4e.Learning;

/// <summary>How much a feature counts in a model.</summary>
/// <param name="Feature">Name of the feature, e.g. "outdoor.lag_24".</param>
/// <param name="Value">Trees: mean gain of its splits. Linear: mean |weight| of the standardised feature.</param>
/// <param name="Share">Trees: its part of the total gain. Linear: its part of the sum of weights. All shares add up to 1.</param>
public sealed record FeatureImportance(string Feature, double Value, double Share);
