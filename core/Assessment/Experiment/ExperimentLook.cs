using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>
/// Everything one look knows. Counts are totals: of the sampled requests in a paired shadow phase, of the two slices since the ramp began, and while
/// Watching of the two slices since <see cref="ExperimentState.PromotedAt"/>.
/// </summary>
public sealed record ExperimentLook
{
    /// <summary>The time of the look; the only clock the state machine has.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>The control slice: the champion that the experiment began with. In a paired shadow phase, the champion on the sampled requests.</summary>
    public ArmCounts Control { get; init; } = new();

    /// <summary>The challenger slice. In a paired shadow phase, the challenger on the same requests.</summary>
    public ArmCounts Challenger { get; init; } = new();

    /// <summary>Differences of the outcomes as measured, challenger less champion on the same request or unit; design shadowPaired.</summary>
    public Moments? Paired { get; init; }

    /// <summary>The shadow phase's counts.</summary>
    public SmokeCounts? Smoke { get; init; }

    /// <summary>The newest window of the challenger's requests.</summary>
    public CircuitCounts? Circuit { get; init; }

    /// <summary>Who wants the experiment stopped, null for nobody.</summary>
    public string? AbortedBy { get; init; }

    /// <summary>Who agrees to what is being waited for, null for nobody.</summary>
    public string? ApprovedBy { get; init; }

    /// <summary>Whether the alias and the routing now stand on the challenger; asked for by phase Promoting.</summary>
    public bool PromotionApplied { get; init; }

    /// <summary>Who wants the challenger taken out, null for nobody.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RolledBackBy { get; init; }

    /// <summary>Whether somebody has made another version champion than the challenger while it was being promoted or watched.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool PromotionUndone { get; init; }

    /// <summary>Units of the two slices by the type of the unit, where there is more than one type; null otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<SegmentCounts>? Segments { get; init; }

    /// <summary>
    /// Since when outcomes could not be read, null when they could. Such a look decides nothing but an abort, a trip, or the end of patience.
    /// </summary>
    public DateTimeOffset? EvaluationFailingSince { get; init; }
}
