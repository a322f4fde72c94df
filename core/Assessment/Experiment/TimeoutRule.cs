using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>What happens when time or units run out without a decision.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<TimeoutRule>))]
public enum TimeoutRule
{
    /// <summary>The champion stays.</summary>
    KeepChampion,

    /// <summary>The challenger is promoted if it is shown not to be worse than the margin.</summary>
    PromoteIfNonInferior,
}
