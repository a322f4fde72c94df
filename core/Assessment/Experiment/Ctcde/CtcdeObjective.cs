using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment.Ctcde;

/// <summary>A limit that a version must keep to be eligible.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record CtcdeObjective
{
    /// <summary>Name of the metric.</summary>
    public string Metric { get; init; } = "";

    /// <summary>The largest value that keeps the objective; null for none.</summary>
    public double? UpperLimit { get; init; }

    /// <summary>The smallest value that keeps the objective; null for none.</summary>
    public double? LowerLimit { get; init; }

    /// <summary>Whether a challenger that is seen to miss it ends the experiment at once; false.</summary>
    public bool RollbackOnFailure { get; init; }

    /// <summary>Whether a value keeps the objective; an unknown one does not.</summary>
    public bool KeptBy(double? value) => value is { } v && !(v > UpperLimit) && !(v < LowerLimit) && !double.IsNaN(v);
}
