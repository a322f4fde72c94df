using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment.Ctcde;

/// <summary>Which version is best by the point estimate of its reward.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<CtcdeVerdict>))]
public enum CtcdeVerdict
{
    /// <summary>None: no version is eligible, or none has a reward.</summary>
    None,

    /// <summary>The champion.</summary>
    Champion,

    /// <summary>The challenger.</summary>
    Challenger,

    /// <summary>Both have the same reward: there is no winner.</summary>
    Tie,
}
