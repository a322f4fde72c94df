using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>Where a unit stands in an experiment.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<Assignment>))]
public enum Assignment
{
    /// <summary>Not analysed; served by whoever is champion.</summary>
    Outside,

    /// <summary>Analysed, on the champion that the experiment began with.</summary>
    Control,

    /// <summary>Analysed, on the challenger.</summary>
    Challenger,
}
