using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Experiment;
using Iml4e.Catalog;

namespace Iml4e.Functions.Audit;

/// <summary>The figures of one look, as its audit entry has them.</summary>
internal sealed record LookFigures
{
    /// <summary>Number of the audit entry.</summary>
    public required long Seq { get; init; }

    /// <summary>When it was taken.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Where the experiment stood after it.</summary>
    public required ExperimentPhase? Phase { get; init; }

    /// <summary>Index of the stage, −1 before the ramp.</summary>
    public required int Stage { get; init; }

    /// <summary>Units in the comparison: both arms, or pairs.</summary>
    public required long N { get; init; }

    /// <summary>The challenger's gain, larger is better; null when undefined.</summary>
    public double? Delta { get; init; }

    /// <summary>Lower end of the confidence sequence; null when unbounded.</summary>
    public double? Low { get; init; }

    /// <summary>Its upper end; null when unbounded.</summary>
    public double? High { get; init; }

    /// <summary>Half its width; null when unbounded.</summary>
    public double? Half { get; init; }

    /// <summary>The one-sided lower bound, which non-inferiority is judged by.</summary>
    public double? OneSidedLow { get; init; }

    /// <summary>The always-valid p at this look.</summary>
    public required double P { get; init; }

    /// <summary>Its running minimum.</summary>
    public required double MinimumP { get; init; }

    /// <summary>What lacked for a decision, in words.</summary>
    public string? Missing { get; init; }

    /// <summary>The control slice.</summary>
    public required ArmFigures Control { get; init; }

    /// <summary>The challenger slice.</summary>
    public required ArmFigures Challenger { get; init; }

    /// <summary>The sample-ratio tests.</summary>
    public required SampleRatioFigures Srm { get; init; }

    /// <summary>p of the label-missingness test; null before the first deadline.</summary>
    public double? LabelImbalanceP { get; init; }

    /// <summary>Each guardrail.</summary>
    public required IReadOnlyList<GuardrailEvidence> Guardrails { get; init; }

    /// <summary>The experiment that an entry belongs to; null when it names none.</summary>
    public static string? ExperimentOf(AuditEntry entry) =>
        entry.Fields["experimentId"] is JsonValue value && value.TryGetValue<string>(out var id) ? id : null;

    /// <summary>Reads the figures off a Look entry; null when it is none that this version understands.</summary>
    public static LookFigures? Of(AuditEntry entry)
    {
        try
        {
            if (entry.Fields["look"]?.Deserialize<ExperimentLook>(ExperimentJson.Options) is not { } look
                || entry.Fields["evidence"]?.Deserialize<ExperimentEvidence>(ExperimentJson.Options) is not { } evidence)
                return null;
            return new LookFigures
            {
                Seq = entry.Seq,
                At = look.Now,
                Phase = entry.Fields["phase"]?.Deserialize<ExperimentPhase>(ExperimentJson.Options),
                Stage = entry.Fields["stage"]?.GetValue<int>() ?? -1,
                N = evidence.Count,
                Delta = evidence.Delta,
                Low = evidence.Low,
                High = evidence.High,
                Half = evidence is { Low: { } low, High: { } high } ? (high - low) / 2 : null,
                OneSidedLow = evidence.OneSidedLow,
                P = evidence.P,
                MinimumP = evidence.MinimumP,
                Missing = evidence.Missing,
                Control = ArmFigures.Of(look.Control),
                Challenger = ArmFigures.Of(look.Challenger),
                Srm = new SampleRatioFigures(evidence.SampleRatioP, evidence.SampleRatioLogE),
                LabelImbalanceP = evidence.LabelImbalanceP,
                Guardrails = evidence.Guardrails,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}

/// <summary>An arm at a look.</summary>
/// <param name="N">Mature outcomes.</param>
/// <param name="Mean">Their mean as measured.</param>
/// <param name="Units">Units assigned.</param>
/// <param name="Requests">Requests answered.</param>
/// <param name="Labelled">Predictions past the label deadline with their label.</param>
/// <param name="Missing">Predictions past the label deadline without.</param>
internal sealed record ArmFigures(long N, double Mean, long Units, long Requests, long Labelled, long Missing)
{
    /// <summary>The figures of an arm.</summary>
    public static ArmFigures Of(ArmCounts arm) => new(arm.Outcomes.Count, arm.Outcomes.Mean, arm.Units, arm.Requests, arm.Labelled, arm.Missing);
}

/// <summary>The sample-ratio tests at a look.</summary>
/// <param name="P">p of the fixed test.</param>
/// <param name="LogE">ln E of the sequential test.</param>
internal sealed record SampleRatioFigures(double? P, double? LogE);
