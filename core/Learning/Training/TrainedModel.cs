using System.Text.Json.Nodes;

namespace Iml4e.Learning;

/// <summary>A trained model as one ONNX graph, with what is to be known of it.</summary>
public sealed record TrainedModel
{
    /// <summary>The ONNX file. The same data, options and seed give the same bytes.</summary>
    public required byte[] Onnx { get; init; }

    /// <summary>The network that was handed in, with what it has learnt: its own operators, names and notes; null of a model made anew.</summary>
    public byte[]? Network { get; init; }

    /// <summary>Inputs, features, classes; also inside <see cref="Onnx"/>.</summary>
    public required FeatureSchema Schema { get; init; }

    /// <summary>ONNX held against the trainer's own predictions.</summary>
    public required ParityReport Parity { get; init; }

    /// <summary>Features, the most important first.</summary>
    public required IReadOnlyList<FeatureImportance> Importances { get; init; }

    /// <summary>Rows that the final model was fitted on.</summary>
    public required int TrainRows { get; init; }

    /// <summary>Rows that chose rounds and window (they are in <see cref="TrainRows"/> too after a refit).</summary>
    public required int ValidationRows { get; init; }

    /// <summary>Rows that no choice has seen.</summary>
    public required int HoldoutRows { get; init; }

    /// <summary>Places of the hold-out rows in the frame that was handed in, in order of time; score champion and challenger on these
    /// (<see cref="FrameScorer"/> takes them as <see cref="ScoringOptions.Rows"/>).</summary>
    public required int[] Holdout { get; init; }

    /// <summary>Classes in the order of the probabilities; null for regression.</summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>Newest rows taken, hold-out and validation included.</summary>
    public required int WindowUsed { get; init; }

    /// <summary>When the fitted rows are from; null without time.</summary>
    public DateRange? TrainedOn { get; init; }

    /// <summary>When the hold-out rows are from; null without time or hold-out.</summary>
    public DateRange? HeldOut { get; init; }

    /// <summary>Mean loss on the validation rows before the refit; null when nothing was validated.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>The windows tried.</summary>
    public IReadOnlyList<WindowCandidate> Windows { get; init; } = [];

    /// <summary>The combinations of parameters tried.</summary>
    public IReadOnlyList<ParameterCandidate> Searched { get; init; } = [];

    /// <summary>What the trainer tells of its fit: rounds, trees, iterations, ….</summary>
    public required JsonObject Details { get; init; }
}
