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
    /// As the CTCD-e pipeline did it: requests are split by weights that grow towards whichever version is ahead, for a fixed time; then the better point estimate wins among
    /// the versions that meet the objectives. Not statistically controlled; kept for comparison.
    /// </summary>
    Ctcde,
}
