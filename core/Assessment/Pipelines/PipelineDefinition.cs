using System.Text.Json;
using System.Text.Json.Serialization;
using Iml4e.Assessment.Experiment;
using Iml4e.Assessment.Training;
using Iml4e.Learning;

namespace Iml4e.Assessment.Pipelines;

/// <summary>
/// The whole loop of one model in one document: its data, how it is trained, when it is retrained, which gate a challenger must pass,
/// how the live experiment decides, and what is watched (adaptive, experimentation-driven pipeline, IML4E D3.4 section 2).
/// </summary>
public sealed record PipelineDefinition
{
    /// <summary>Name of the pipeline and of the model that it keeps.</summary>
    public required string Name { get; init; }

    /// <summary>Project in the lineage; the pipeline's name when absent.</summary>
    public string? Project { get; init; }

    /// <summary>Free labels, such as customer, building, type; at most 32.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>What the model predicts: classes or numbers.</summary>
    public required LearningTask Task { get; init; }

    /// <summary>The data set and its columns.</summary>
    public required DataDefinition Data { get; init; }

    /// <summary>Trainer, its parameters, and when it runs.</summary>
    public required TrainDefinition Train { get; init; }

    /// <summary>What starts a retraining, in full; the short form is <see cref="TrainDefinition.Triggers"/>.</summary>
    public TriggersDefinition? Triggers { get; init; }

    /// <summary>The offline gate.</summary>
    public EvaluateDefinition Evaluate { get; init; } = new();

    /// <summary>Jobs of any kind that a challenger must pass after the offline gate, in this order; 20 at most.</summary>
    public IReadOnlyList<GateDefinition> Gates { get; init; } = [];

    /// <summary>The live experiment between champion and challenger.</summary>
    public ExperimentConfiguration Experiment { get; init; } = new();

    /// <summary>What is watched in production and when it triggers a retraining.</summary>
    public MonitorDefinition Monitor { get; init; } = new();
}

/// <summary>The data set that a pipeline trains on and what its columns are.</summary>
public sealed record DataDefinition
{
    /// <summary>Name of the data set.</summary>
    public required string Dataset { get; init; }

    /// <summary>Column to predict.</summary>
    public required string Label { get; init; }

    /// <summary>Column with the time of a row; when given, splits are ordered in time and calendar features are derived.</summary>
    public string? Time { get; init; }

    /// <summary>Columns to learn from; all but label and time when absent.</summary>
    public IReadOnlyList<string>? Features { get; init; }

    /// <summary>Columns whose earlier values are features too.</summary>
    public IReadOnlyList<LagFeature>? Lags { get; init; }

    /// <summary>Column that says how much each row counts in training, 0 or more; all count alike when absent. For <c>boosted-trees</c> and <c>network</c>.</summary>
    public string? Weight { get; init; }

    /// <summary>Whether calendar features are derived from the time column; true unless said otherwise.</summary>
    public bool Calendar { get; init; } = true;
}

/// <summary>What starts a retraining.</summary>
public enum RetrainTrigger
{
    /// <summary>The pipeline's NCRONTAB schedule.</summary>
    Schedule,

    /// <summary>Enough new rows in the data set.</summary>
    Data,

    /// <summary>A fall in the realised performance, seen through feedback.</summary>
    Performance,

    /// <summary>A person or a program asked for it.</summary>
    Manual,

    /// <summary>Inputs that do not look any more like those that the champion was trained on.</summary>
    Drift,

    /// <summary>A push to the repository.</summary>
    Repository,
}

/// <summary>How the pipeline trains and when.</summary>
public sealed record TrainDefinition
{
    /// <summary>Name of the trainer that is a service of one's own.</summary>
    public const string External = "external";

    /// <summary>Trainer: <c>linear</c>, <c>boosted-trees</c>, <c>network</c>, or <c>external</c>: a service of one's own, called at <see cref="Url"/>.</summary>
    public required string Trainer { get; init; }

    /// <summary>Where an external trainer is called; its origin must be among those that the app is set to call.</summary>
    public string? Url { get; init; }

    /// <summary>Time in which an external trainer must deliver its model, 1 s to 30 d.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromHours(6);

    /// <summary>Longest silence of an external trainer, 1 s to 5 m.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A registered model that the trainer <c>network</c> trains on each time; a new network when absent.</summary>
    public FineTuneRequest? FineTune { get; init; }

    /// <summary>Parameters of the trainer, by name; an external trainer is told them as they are.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Parameters { get; init; }

    /// <summary>Newest rows used at most; all when absent.</summary>
    public int? Window { get; init; }

    /// <summary>Whether shorter windows are tried too and the best on the newest validation rows is taken.</summary>
    public bool WindowSearch { get; init; }

    /// <summary>Rows that a training needs at least, 1 or more.</summary>
    public int MinRows { get; init; } = 200;

    /// <summary>Six-field NCRONTAB expression in UTC; needed by the trigger <c>schedule</c>.</summary>
    public string? Schedule { get; init; }

    /// <summary>Which triggers may start a retraining.</summary>
    public IReadOnlyList<RetrainTrigger> Triggers { get; init; } = [];

    /// <summary>Least time between two performance-triggered retrainings, and between two data-triggered ones.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan Cooldown { get; init; } = TimeSpan.FromHours(6);

    /// <summary>New rows since the last training that the trigger <c>data</c> needs.</summary>
    public int MinNewRows { get; init; } = 168;

    /// <summary>Quiet time after the last data event before the trigger <c>data</c> fires.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan Debounce { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Seed of everything random in a training.</summary>
    public int Seed { get; init; } = 42;

    /// <summary>Whether the trainer is a service of one's own.</summary>
    [JsonIgnore]
    public bool IsExternal => Trainer == External;
}

/// <summary>The offline gate: the challenger against the champion re-scored on the same fresh hold-out (specification section 5).</summary>
public sealed record EvaluateDefinition
{
    /// <summary>Share of the newest rows kept from training, between 0.05 and 0.5.</summary>
    public double Holdout { get; init; } = 0.2;

    /// <summary>
    /// Forecast horizon in rows: so many are left out between training, validation and hold-out, so that no part knows the next one's labels. Needs data.time.
    /// </summary>
    public int Gap { get; init; }

    /// <summary>Metric shown first; <c>mae</c> for regression and <c>accuracy</c> for classification when absent.</summary>
    public string? Metric { get; init; }

    /// <summary>Expression that a challenger must fulfil; when absent the metric must not be worse than the champion's.</summary>
    public string? Accept { get; init; }
}

/// <summary>The realised-performance watch with hysteresis (specification section 4).</summary>
public sealed record MonitorDefinition
{
    /// <summary>Score: <c>realized_error_ratio</c> (mean loss of the window over the champion's hold-out loss) or <c>realized_error</c> (mean loss).</summary>
    public string Signal { get; init; } = "realized_error_ratio";

    /// <summary>Outcomes in a window, 10 or more; a score is taken each time that a fifth of a window of new outcomes has come.</summary>
    public int Window { get; init; } = 500;

    /// <summary>Score at or above which a window counts as bad.</summary>
    public double High { get; init; } = 1.25;

    /// <summary>Score at or below which a window counts as good again.</summary>
    public double Low { get; init; } = 1.1;

    /// <summary>Bad scores in a row that trigger.</summary>
    public int ConsecutiveHigh { get; init; } = 3;

    /// <summary>Good scores in a row that re-arm.</summary>
    public int ConsecutiveLow { get; init; } = 2;

    /// <summary>Share of drifted inputs at or above which a window counts as bad for the trigger <c>drift</c>; good again at three fifths of it.</summary>
    public double DriftShare { get; init; } = 0.5;

    /// <summary>Least time between two triggers; the training's cool-down when absent.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan? Cooldown { get; init; }

    /// <summary>Triggers a UTC day at most.</summary>
    public int MaxPerDay { get; init; } = 2;

    /// <summary>Factor by which the cool-down grows with each failed retraining.</summary>
    public double FailureBackoffFactor { get; init; } = 2;

    /// <summary>Longest cool-down.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan FailureBackoffCap { get; init; } = TimeSpan.FromDays(14);
}
