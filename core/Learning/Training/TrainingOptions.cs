using System.Text.Json;
using Iml4e.Learning.Networks;

namespace Iml4e.Learning;

/// <summary>What to train, on which rows, and how.</summary>
public sealed record TrainingOptions
{
    /// <summary>Classification or regression.</summary>
    public required LearningTask Task { get; init; }

    /// <summary>The column to predict. Rows without it are not trained on.</summary>
    public required string Label { get; init; }

    /// <summary>The column that orders the rows (timestamp, or number); null = rows have no order, parts are drawn at random.</summary>
    public string? Time { get; init; }

    /// <summary>Columns to learn from; null = all but label and time.</summary>
    public IReadOnlyList<string>? Features { get; init; }

    /// <summary>Earlier values as features.</summary>
    public IReadOnlyList<LagFeature>? Lags { get; init; }

    /// <summary>
    /// The column that says how much each row counts in fitting and in choosing (0 or more); null = all alike. It is no feature; the hold-out is measured
    /// without it.
    /// </summary>
    public string? Weight { get; init; }

    /// <summary>Derive calendar features from <see cref="Time"/> when it is a timestamp column.</summary>
    public bool Calendar { get; init; } = true;

    /// <summary>"linear", "boosted-trees" or "network".</summary>
    public string Trainer { get; init; } = "boosted-trees";

    /// <summary>The trainer's parameters by name; unknown names and values out of range are refused.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Parameters { get; init; }

    /// <summary>A network that is there already and is trained on, by the trainer "network"; null = a new one.</summary>
    public FineTuning? FineTuning { get; init; }

    /// <summary>Learn from the newest so many rows; null = all.</summary>
    public int? Window { get; init; }

    /// <summary>
    /// Try shorter windows too (a quarter, a sixteenth, … down to 500 rows) and keep the one that predicts the newest validation rows best. Needs
    /// <see cref="Time"/>.
    /// </summary>
    public bool WindowSearch { get; init; }

    /// <summary>Share of the rows held out, the newest ones where there is time; 0 to 0.5.</summary>
    public double Holdout { get; init; } = 0.2;

    /// <summary>Share of what is left that validates (early stopping, window search), the newest rows where there is time; 0.05 to 0.5.</summary>
    public double Validation { get; init; } = 0.2;

    /// <summary>Rows left out between training, validation and hold-out: the forecast horizon in rows, so that no part knows the next one's labels.</summary>
    public int Gap { get; init; }

    /// <summary>Once rounds and window are chosen, fit again with the validation rows, so that the newest rows count too.</summary>
    public bool Refit { get; init; } = true;

    /// <summary>Seed of every random choice.</summary>
    public int Seed { get; init; }

    /// <summary>
    /// Where a trainer that learns in steps keeps how far it is, by the name of the fit (fit1, fit2, … in the order of the run): a run of the same data and
    /// options carries on from there. Null = nowhere.
    /// </summary>
    public Func<string, ICheckpointStore?>? Checkpoints { get; init; }

    /// <summary>Id of the run, noted in checkpoints.</summary>
    public string RunId { get; init; } = "";
}
