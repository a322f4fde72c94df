using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>What becomes of the several requests of a unit.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<OutcomeAggregate>))]
public enum OutcomeAggregate
{
    /// <summary>One observation a unit, the mean of its requests: every unit weighs the same.</summary>
    UnitMean,

    /// <summary>The sum over all requests by their number, with the variance of <see cref="DeltaMethod"/>: every request weighs the same.</summary>
    Ratio,
}
