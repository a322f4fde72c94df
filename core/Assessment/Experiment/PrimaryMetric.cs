using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>The metric that decides.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record PrimaryMetric
{
    /// <summary>Its name, such as absError, squaredError or correct.</summary>
    public string Name { get; init; } = "absError";

    /// <summary>Continuous or binary.</summary>
    public OutcomeType Type { get; init; } = OutcomeType.Continuous;

    /// <summary>Which way is better.</summary>
    public OutcomeDirection Direction { get; init; } = OutcomeDirection.Lower;

    /// <summary>What becomes of the several requests of a unit; unitMean.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public OutcomeAggregate Aggregate { get; init; } = OutcomeAggregate.UnitMean;

    /// <summary>Two ascending quantiles at which continuous outcomes are capped, [0.001, 0.999]; empty for no caps. Caps are frozen at the start.</summary>
    public IReadOnlyList<double> Winsorize { get; init; } = [0.001, 0.999];
}
