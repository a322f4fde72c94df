using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>How an experiment is decided.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<ExperimentMode>))]
public enum ExperimentMode
{
    /// <summary>Always-valid statistics; any number of looks.</summary>
    Sequential,

    /// <summary>Outcomes analysed at planned looks alone; the most power when labels come in batches.</summary>
    GroupSequential,

    /// <summary>
    /// As the CTCD-e pipeline did it: weights grow look by look over a fixed time, then the better point estimate wins among the versions that keep within
    /// the guardrails' tolerated rates. Not statistically controlled; kept for comparison.
    /// </summary>
    Ctcde,
}
