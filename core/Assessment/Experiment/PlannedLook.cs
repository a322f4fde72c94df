using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>A look of a group-sequential plan, as it was taken.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Information">Labelled units an arm: the harmonic mean of both arms, or pairs.</param>
/// <param name="Spent">Error spent up to and with this look, both sides together.</param>
/// <param name="Z">The test statistic.</param>
/// <param name="Bound">Its bound on either side.</param>
/// <param name="Last">Whether nothing is left to spend.</param>
public sealed record PlannedLook(int Number, double Information, double Spent, double Z, double Bound, bool Last)
{
    /// <summary>Whether the bound was reached, on either side.</summary>
    [JsonIgnore]
    public bool Crossed => Math.Abs(Z) >= Bound;

    /// <summary>The estimate corrected for the looks, of the look that ended the analysis; null of those before.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AdjustedEstimate? Adjusted { get; init; }
}
