using Iml4e.Assessment.Metrics;
using Iml4e.Inference;
using Iml4e.Learning;

namespace Iml4e.Assessment.Evaluation;

/// <summary>A model's predictions on labelled rows, and how good they are.</summary>
public sealed record ModelEvaluation
{
    /// <summary>Figures by metric name; null where undefined.</summary>
    public required IReadOnlyDictionary<string, double?> Metrics { get; init; }

    /// <summary>Rows that were judged: those with a label.</summary>
    public required int Rows { get; init; }

    /// <summary>Details for a classifier; null otherwise.</summary>
    public ClassificationMetrics? Classification { get; init; }

    /// <summary>Details for a regressor; null otherwise.</summary>
    public RegressionMetrics? Regression { get; init; }

    /// <summary>True numbers of a regression, a row each.</summary>
    public double[]? Actual { get; init; }

    /// <summary>Predicted numbers of a regression, a row each.</summary>
    public double[]? Predicted { get; init; }

    /// <summary>Places of the judged rows in the frame.</summary>
    public required int[] Places { get; init; }

    /// <summary>Names of the metrics of a task.</summary>
    public static IReadOnlyList<string> MetricsOf(LearningTask task) => task == LearningTask.Classification
        ? ["accuracy", "balanced_accuracy", "macro_f1", "log_loss", "roc_auc"]
        : ["mae", "rmse", "mape", "cv_rmse", "nmbe", "r2"];

    /// <summary>Scores the rows of a frame and measures the predictions. Rows without a label are left out.</summary>
    /// <param name="session">The model.</param>
    /// <param name="frame">The data; rows not judged still serve as history for lags.</param>
    /// <param name="label">Column with the truth.</param>
    /// <param name="task">What the model predicts.</param>
    /// <param name="rows">Places of the rows to judge; null for all.</param>
    /// <param name="time">Column that orders the rows, for models that do not say it themselves.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="TrainingDataException">The frame cannot be fed to the model, or has no labels.</exception>
    public static ModelEvaluation Evaluate(
        ModelSession session, DataFrame frame, string label, LearningTask task, int[]? rows, string? time, CancellationToken cancellationToken)
    {
        rows ??= [.. Enumerable.Range(0, frame.RowCount)];
        if (task == LearningTask.Classification)
        {
            var truth = FrameScorer.TrueLabels(frame, label);
            rows = Array.FindAll(rows, r => truth[r] is not null);
            var predictions = Score(session, frame, label, rows, time, cancellationToken);
            if (predictions.Labels is null)
                throw new TrainingDataException("model", "the model gives no labels; it is not a classifier");
            var result = ClassificationMetrics.Compute(
                Array.ConvertAll(rows, r => truth[r]!), predictions.Labels, predictions.Classes,
                predictions.Classes is null ? null : predictions.Probabilities);
            return new ModelEvaluation { Metrics = result.ToDictionary(), Rows = rows.Length, Classification = result, Places = rows };
        }
        else
        {
            var truth = FrameScorer.TrueValues(frame, label);
            rows = Array.FindAll(rows, r => !double.IsNaN(truth[r]));
            var predictions = Score(session, frame, label, rows, time, cancellationToken);
            var predicted = predictions.Values ?? throw new TrainingDataException("model", "the model gives no numbers; it is not a regressor");
            var actual = Array.ConvertAll(rows, r => truth[r]);
            var result = RegressionMetrics.Compute(actual, predicted);
            return new ModelEvaluation
            {
                Metrics = result.ToDictionary(), Rows = rows.Length, Regression = result, Actual = actual, Predicted = predicted, Places = rows,
            };
        }
    }

    private static Predictions Score(ModelSession session, DataFrame frame, string label, int[] rows, string? time, CancellationToken cancellationToken) =>
        rows.Length == 0
            ? throw new TrainingDataException("label", $"no row has a value in '{label}'")
            : FrameScorer.Score(session, frame, label, new ScoringOptions { Rows = rows, Time = time }, cancellationToken);
}
