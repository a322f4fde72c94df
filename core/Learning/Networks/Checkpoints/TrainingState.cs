using System.Text.Json;
using System.Text.Json.Serialization;
using Iml4e.Inference.Gradients.Optimizers;

namespace Iml4e.Learning.Networks;

/// <summary>Where a training stands: <c>state.json</c> of a checkpoint.</summary>
internal sealed record TrainingState
{
    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Version of this form.</summary>
    public int SchemaVersion { get; init; } = 1;

    /// <summary>Id of the run.</summary>
    public required string RunId { get; init; }

    /// <summary>Steps that the optimiser has taken.</summary>
    public required long Step { get; init; }

    /// <summary>Batches that were learnt from, those passed over included.</summary>
    public required long Batches { get; init; }

    /// <summary>The epoch under way, from 0.</summary>
    public required int Epoch { get; init; }

    /// <summary>The next batch of it.</summary>
    public required int BatchCursor { get; init; }

    /// <summary>Seed of all random numbers; together with epoch and batch it is their whole state.</summary>
    public required long RngState { get; init; }

    /// <summary>Learning rate of the last step.</summary>
    public required double Lr { get; init; }

    /// <summary>The optimiser.</summary>
    public required OptimizerState Optimizer { get; init; }

    /// <summary>Best validation loss so far; null = none.</summary>
    public double? BestMetric { get; init; }

    /// <summary>Step of the checkpoint with the best weights; null = none.</summary>
    public long? BestStep { get; init; }

    /// <summary>The epoch of the best weights, from 1.</summary>
    public int BestEpoch { get; init; }

    /// <summary>Batches passed over, in all and in a row.</summary>
    public int Skipped { get; init; }

    /// <summary>Batches passed over in a row.</summary>
    public int SkippedInARow { get; init; }

    /// <summary>Sum of the losses of the epoch under way.</summary>
    public double LossSum { get; init; }

    /// <summary>Their number.</summary>
    public int LossCount { get; init; }

    /// <summary>The epochs done.</summary>
    public IReadOnlyList<EpochReport> Epochs { get; init; } = [];

    /// <summary>SHA-256 of the model that is trained.</summary>
    public required string ForwardSha256 { get; init; }

    /// <summary>SHA-256 of its gradient graph.</summary>
    public required string GradientModelSha256 { get; init; }

    /// <summary>Version of the data.</summary>
    public required string DatasetVersion { get; init; }

    /// <summary>When this was written.</summary>
    public required DateTimeOffset CreatedUtc { get; init; }

    /// <summary>Whether a training of the same model, data and optimiser can be carried on from here.</summary>
    internal bool Continues(TrainingState start) =>
        (SchemaVersion, ForwardSha256, GradientModelSha256, DatasetVersion, RngState) ==
        (start.SchemaVersion, start.ForwardSha256, start.GradientModelSha256, start.DatasetVersion, start.RngState) && Optimizer == start.Optimizer;

    /// <summary>As a file.</summary>
    internal byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, Form);

    /// <summary>From a file.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    internal static TrainingState Read(byte[] file) => JsonSerializer.Deserialize<TrainingState>(file, Form) ?? throw new JsonException("state.json is empty");

    /// <summary>The optimiser and its constants.</summary>
    /// <param name="Type">Which.</param>
    /// <param name="Hyper">Its constants.</param>
    internal sealed record OptimizerState(OptimizerKind Type, OptimizerSpec Hyper);
}
