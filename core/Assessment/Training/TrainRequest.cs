using System.Text.Json;
using Iml4e.Assessment.Pipelines;
using Iml4e.Learning;
using Iml4e.Learning.Networks;

namespace Iml4e.Assessment.Training;

/// <summary>Request of the job kind <c>train</c>: what to learn, from which data, and how.</summary>
public sealed record TrainRequest
{
    /// <summary>Trainers that are known.</summary>
    public static IReadOnlyList<string> Trainers { get; } = ["linear", "boosted-trees", "network"];

    /// <summary>Data set to learn from.</summary>
    public required string Dataset { get; init; }

    /// <summary>Version of the data set; the newest when absent.</summary>
    public string? DatasetVersion { get; init; }

    /// <summary>What is predicted.</summary>
    public required LearningTask Task { get; init; }

    /// <summary>Column to predict.</summary>
    public required string Label { get; init; }

    /// <summary>Column with the time of a row.</summary>
    public string? Time { get; init; }

    /// <summary>Columns to learn from; all but label and time when absent.</summary>
    public IReadOnlyList<string>? Features { get; init; }

    /// <summary>Columns whose earlier values are features too.</summary>
    public IReadOnlyList<LagFeature>? Lags { get; init; }

    /// <summary>Column that says how much each row counts, 0 or more; all count alike when absent. For <c>boosted-trees</c> and <c>network</c>.</summary>
    public string? Weight { get; init; }

    /// <summary>Whether calendar features are derived from the time column.</summary>
    public bool Calendar { get; init; } = true;

    /// <summary>Trainer: <c>linear</c>, <c>boosted-trees</c> or <c>network</c>.</summary>
    public required string Trainer { get; init; }

    /// <summary>Parameters of the trainer, by name.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Parameters { get; init; }

    /// <summary>A registered model that the trainer <c>network</c> trains on; a new network when absent.</summary>
    public FineTuneRequest? FineTune { get; init; }

    /// <summary>Newest rows used at most; all when absent.</summary>
    public int? Window { get; init; }

    /// <summary>Whether shorter windows are tried too.</summary>
    public bool WindowSearch { get; init; }

    /// <summary>Rows needed at least.</summary>
    public int MinRows { get; init; } = 100;

    /// <summary>Share of the newest rows kept from training, 0.05 to 0.5.</summary>
    public double Holdout { get; init; } = 0.2;

    /// <summary>Forecast horizon in rows, left out between training, validation and hold-out; needs <see cref="Time"/>.</summary>
    public int Gap { get; init; }

    /// <summary>Seed of everything random.</summary>
    public int Seed { get; init; } = 42;

    /// <summary>Expression over the hold-out's metrics that the result must fulfil to be accepted.</summary>
    public string? Accept { get; init; }

    /// <summary>The training of a pipeline on a data set version.</summary>
    public static TrainRequest For(PipelineDefinition pipeline, string datasetVersion)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        return new TrainRequest
        {
            Dataset = pipeline.Data.Dataset,
            DatasetVersion = datasetVersion,
            Task = pipeline.Task,
            Label = pipeline.Data.Label,
            Time = pipeline.Data.Time,
            Features = pipeline.Data.Features,
            Lags = pipeline.Data.Lags,
            Weight = pipeline.Data.Weight,
            Calendar = pipeline.Data.Calendar,
            Trainer = pipeline.Train.Trainer,
            Parameters = pipeline.Train.Parameters,
            FineTune = pipeline.Train.FineTune,
            Window = pipeline.Train.Window,
            WindowSearch = pipeline.Train.WindowSearch,
            MinRows = pipeline.Train.MinRows,
            Holdout = pipeline.Evaluate.Holdout,
            Gap = pipeline.Evaluate.Gap,
            Seed = pipeline.Train.Seed,
        };
    }

    /// <summary>The options for the trainer.</summary>
    /// <param name="given">The ONNX file of <see cref="FineTune"/>; not looked at without one.</param>
    public TrainingOptions ToOptions(ReadOnlyMemory<byte> given = default) => new()
    {
        Task = Task,
        Label = Label,
        Time = Time,
        Features = Features,
        Lags = Lags,
        Weight = Weight,
        Calendar = Calendar,
        Trainer = Trainer,
        Parameters = Parameters,
        FineTuning = FineTune is { } tune ? new FineTuning { Model = given, Trainable = tune.Trainable, Normalization = tune.Normalization } : null,
        Window = Window,
        WindowSearch = WindowSearch,
        Holdout = Holdout,
        Gap = Gap,
        Seed = Seed,
    };
}

/// <summary>What a training leaves for the next step.</summary>
public sealed record TrainOutput
{
    /// <summary>Digest of the ONNX file.</summary>
    public required string ModelDigest { get; init; }

    /// <summary>Digest of the places of the hold-out rows, a JSON list.</summary>
    public required string HoldoutDigest { get; init; }

    /// <summary>Digest of the model that was trained on, with what it has learnt: its own inputs, operators and names. Null of a new one.</summary>
    public string? NetworkDigest { get; init; }

    /// <summary>Newest rows that were used.</summary>
    public int WindowUsed { get; init; }
}
