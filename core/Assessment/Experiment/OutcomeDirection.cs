using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>Which way a metric is better.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<OutcomeDirection>))]
public enum OutcomeDirection
{
    /// <summary>A loss.</summary>
    Lower,

    /// <summary>A gain.</summary>
    Higher,
}
