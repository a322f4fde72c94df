using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>What the statistics said at a look.</summary>
public sealed record ExperimentEvidence
{
    /// <summary>Whether there is enough to decide on; when not, <see cref="Missing"/> says what lacks.</summary>
    public bool Sufficient { get; init; }

    /// <summary>What lacks, in words; null when nothing does.</summary>
    public string? Missing { get; init; }

    /// <summary>Units in the comparison: both arms, or pairs.</summary>
    public long Count { get; init; }

    /// <summary>The challenger's gain over the champion, turned so that larger is better; null when undefined.</summary>
    public double? Delta { get; init; }

    /// <summary>The lower end of the interval, which is valid over all looks; null when unbounded.</summary>
    public double? Low { get; init; }

    /// <summary>Its upper end; null when unbounded.</summary>
    public double? High { get; init; }

    /// <summary>The one-sided lower bound; null when unbounded.</summary>
    public double? OneSidedLow { get; init; }

    /// <summary>The always-valid p at this look.</summary>
    public double P { get; init; } = 1;

    /// <summary>Its running minimum.</summary>
    public double MinimumP { get; init; } = 1;

    /// <summary>ln E of the sequential sample-ratio test, overall and within the stage, whichever is larger; null in a paired shadow phase.</summary>
    public double? SampleRatioLogE { get; init; }

    /// <summary>p of the fixed sample-ratio test.</summary>
    public double? SampleRatioP { get; init; }

    /// <summary>p of the label-missingness test.</summary>
    public double? LabelImbalanceP { get; init; }

    /// <summary>Each guardrail.</summary>
    public IReadOnlyList<GuardrailEvidence> Guardrails { get; init; } = [];

    /// <summary>The planned look that this was, mode groupSequential; null between the looks of the plan, when outcomes are not analysed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PlannedLook? PlannedLook { get; init; }

    /// <summary>False for mode ctcde, whose winner is a point estimate; reports must say so.</summary>
    public bool StatisticallyControlled { get; init; } = true;
}
