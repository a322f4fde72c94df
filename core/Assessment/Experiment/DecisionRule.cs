using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>What must be shown before the challenger is promoted.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<DecisionRule>))]
public enum DecisionRule
{
    /// <summary>The lower end of the two-sided interval lies above zero.</summary>
    Superior,

    /// <summary>The one-sided lower bound lies above −margin.</summary>
    NonInferior,
}
