using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>The routing an experiment wants.</summary>
/// <param name="ChallengerShare">Share of the units on the challenger: 0, a stage, or 1 after promotion.</param>
/// <param name="HoldbackShare">Share of the units kept on the old champion after promotion.</param>
/// <param name="Shadow">Whether the challenger scores copies of the champion's requests.</param>
/// <param name="Promoted">Whether the challenger is to be champion.</param>
public sealed record ExperimentRouting(double ChallengerShare, double HoldbackShare, bool Shadow, bool Promoted)
{
    /// <summary>Whether requests are split by the share alone, as mode ctcde does: no slices, no units that stick to a version.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Weighted { get; init; }

    /// <summary>Everything to the champion.</summary>
    public static readonly ExperimentRouting ChampionOnly = new(0, 0, false, false);
}
