using System.Globalization;
using Iml4e.Assessment.Evaluation;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Validation;
using Iml4e.Inference;
using Iml4e.Learning;
using Iml4e.Reporting;

namespace Iml4e.Assessment.Training;

/// <summary>The check of a model that an external trainer made: agreement with the trainer's own predictions, and its figures on the hold-out.</summary>
public static class ExternalModelCheck
{
    /// <summary>Fewest rows that agreement is judged on.</summary>
    public const int LeastRows = 100;

    /// <summary>What predictions must fulfil before anything is computed with them; adds what is wrong.</summary>
    public static void Check(TrainerPredictions predictions, LearningTask task, int rows, ValidationErrors errors)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        ArgumentNullException.ThrowIfNull(errors);
        var least = Math.Min(LeastRows, rows);
        errors.Require(predictions.Rows.Distinct().Count() >= least, "rows", $"{least} different rows at least");
        errors.Require(predictions.Rows.All(r => r >= 0 && r < rows), "rows", $"places from 0 to {rows - 1}");
        var given = task == LearningTask.Classification ? predictions.Labels?.Count : predictions.Values?.Count;
        errors.Require(
            given == predictions.Rows.Count, task == LearningTask.Classification ? "labels" : "values", $"one for each of the {predictions.Rows.Count} rows");
    }

    /// <summary>Compares the model with the trainer's predictions: numbers relative to max(|trainer|, root mean square), labels by equality.</summary>
    /// <param name="session">The model.</param>
    /// <param name="frame">The data, whole.</param>
    /// <param name="label">The label column.</param>
    /// <param name="time">The column that orders the rows.</param>
    /// <param name="train">Places in the frame of the rows that the trainer was given.</param>
    /// <param name="predictions">What it predicts for some of them.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static ParityReport Parity(
        ModelSession session, DataFrame frame, string label, string? time, int[] train, TrainerPredictions predictions, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        var rows = predictions.Rows.Select(r => train[r]).ToArray();
        var served = FrameScorer.Score(session, frame, label, new ScoringOptions { Rows = rows, Time = time }, cancellationToken);
        double largest;
        if (predictions.Labels is { } labels)
        {
            var own = served.Labels ?? throw new TrainingDataException("model", "the model gives no labels; it is not a classifier");
            largest = labels.Zip(own).Any(p => p.First != p.Second) ? 1 : 0;
        }
        else
        {
            var own = served.Values ?? throw new TrainingDataException("model", "the model gives no numbers; it is not a regressor");
            var values = predictions.Values!;
            var scale = Math.Sqrt(values.Sum(v => v * v) / values.Count);
            largest = 0;
            for (var i = 0; i < values.Count; i++)
            {
                var error = Math.Abs(own[i] - values[i]) / Math.Max(Math.Max(Math.Abs(values[i]), scale), 1e-30);
                // A comparison with NaN must not pass for agreement.
                largest = double.IsNaN(error) ? double.PositiveInfinity : Math.Max(largest, error);
            }
        }

        return new ParityReport(rows.Length, largest, Trainer.ParityTolerance, largest <= Trainer.ParityTolerance);
    }

    /// <summary>The report of the training.</summary>
    public static Report Report(
        string pipeline, string dataset, string modelDigest, ModelEvaluation evaluation, int trainRows, ParityReport? parity, DateTimeOffset created)
    {
        ArgumentNullException.ThrowIfNull(evaluation);
        return new ReportBuilder($"External training of {pipeline}", "by the trainer of the pipeline's document", created)
            .Fact("Data set", dataset)
            .Fact("Model", modelDigest)
            .Metrics("Hold-out", evaluation.Metrics)
            .Table("Rows", ["Part", "Rows"], [["Given to the trainer", Text(trainRows)], ["Held out", Text(evaluation.Rows)]])
            .Paragraph("Parity", parity is null
                ? "The trainer gave no predictions to hold the ONNX file against."
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"On {parity.Rows} rows the ONNX file differs from the trainer by at most {parity.MaxRelativeError:G3} relative; {parity.Tolerance:G3} is allowed."))
            .Build();
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
