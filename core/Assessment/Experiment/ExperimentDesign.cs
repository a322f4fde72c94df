using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>Which observations decide.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<ExperimentDesign>))]
public enum ExperimentDesign
{
    /// <summary>Shadow pairs when the outcome is declared exogenous, else a split of the units.</summary>
    Auto,

    /// <summary>Units are split; the challenger answers its share.</summary>
    AbTest,

    /// <summary>The challenger scores a copy of the champion's requests; differences on the same request decide.</summary>
    ShadowPaired,
}
