using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>The kind of outcome that is averaged.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<OutcomeType>))]
public enum OutcomeType
{
    /// <summary>Any finite number.</summary>
    Continuous,

    /// <summary>Zero or one; at least ten of each are wanted in each arm.</summary>
    Binary,
}
