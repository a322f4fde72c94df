using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Inference;
using Iml4e.Learning.Networks;

namespace Iml4e.Learning;

/// <summary>Trains a model on a frame and returns it as one ONNX graph, preprocessing included.</summary>
/// <remarks>
/// Rows are split into training, validation and hold-out, each strictly later than the one before where there is a time column, else at random (stratified
/// by class). Windows and rounds are chosen on the validation rows; the hold-out is touched by nothing. Every run ends with a parity check: the ONNX model,
/// fed like any served model, against the trainer's own predictions.
/// </remarks>
public static class Trainer
{
    /// <summary>Fewest rows with a label.</summary>
    public const int LeastRows = 100;

    /// <summary>Shortest window that the search tries.</summary>
    public const int LeastWindow = 500;

    /// <summary>Largest relative difference between ONNX and trainer that a run survives.</summary>
    public const double ParityTolerance = 1e-4;

    private const int ParityRows = 1_000;

    /// <summary>Trains.</summary>
    /// <param name="frame">The rows, in any order where there is a time column.</param>
    /// <param name="options">What and how.</param>
    /// <param name="progress">Told the done share, 0..1.</param>
    /// <param name="ct">Stops the run.</param>
    /// <exception cref="TrainingDataException">Data or options are wrong; says where.</exception>
    /// <exception cref="TrainingException">The native library is missing or failed, or the parity check did not hold.</exception>
    public static TrainedModel Train(DataFrame frame, TrainingOptions options, Action<double>? progress = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(options);
        Check(options);
        SchemaBuilder.Check(options, frame);
        var trainer = ModelTrainer.Create(options);
        Require(
            options.Weight is null || trainer.TakesWeights, "data.weight",
            $"the trainer {trainer.Name} lets every row count alike; boosted-trees and network take weights");
        return new Run(frame, options, trainer, progress, ct).Train();
    }

    /// <summary>Checks a trainer's name and parameters without training; null when they can be used, else what is wrong and where.</summary>
    /// <param name="trainer">Name of the trainer.</param>
    /// <param name="task">What is learnt.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <param name="fineTuned">Whether a network that is there already is trained on.</param>
    public static TrainingDataException? CheckParameters(
        string trainer, LearningTask task, IReadOnlyDictionary<string, JsonElement>? parameters, bool fineTuned = false)
    {
        try
        {
            ModelTrainer.Create(new TrainingOptions
            {
                Task = task, Label = "label", Trainer = trainer, Parameters = parameters, FineTuning = fineTuned ? new FineTuning { Model = default } : null,
            });
            return null;
        }
        catch (TrainingDataException e)
        {
            return e;
        }
    }

    private static void Check(TrainingOptions options)
    {
        Require(options.Holdout is >= 0 and <= 0.5, "evaluate.holdout", "must be 0..0.5");
        Require(options.Validation is >= 0.05 and <= 0.5, "train.validation", "must be 0.05..0.5");
        Require(options.Window is null or >= LeastRows, "train.window", $"must be at least {LeastRows} rows");
        Require(options.Gap is >= 0 and <= 1_000_000, "train.gap", "must be 0..1000000 rows");
        Require(!options.WindowSearch || options.Time is not null, "train.windowSearch", "needs data.time: newest rows are meant");
        Require(options.Gap == 0 || options.Time is not null, "train.gap", "needs data.time");
    }

    private static void Require(bool holds, string path, string detail)
    {
        if (!holds)
            throw new TrainingDataException(path, detail);
    }

    private sealed class Run
    {
        private readonly TrainingOptions options;
        private readonly ModelTrainer trainer;
        private readonly Action<double>? progress;
        private readonly CancellationToken ct;
        private readonly int[] order;
        private readonly DataFrame frame;
        private readonly Column label;
        private Classes? classes;
        private double done;
        private int fits;

        public Run(DataFrame given, TrainingOptions options, ModelTrainer trainer, Action<double>? progress, CancellationToken ct)
        {
            (this.options, this.trainer, this.progress, this.ct) = (options, trainer, progress, ct);
            order = options.Time is { } time ? given.TimeOrder(time) : [.. Enumerable.Range(0, given.RowCount)];
            frame = options.Time is null ? given : given.Take(order);
            label = frame[options.Label];
        }

        public TrainedModel Train()
        {
            var rows = Labelled();
            var split = Split(rows);
            if (options.Task == LearningTask.Classification)
                classes = Classes.Learn(label, Together(split));

            var windows = Windows(rows.Length);
            var (chosen, loss, tried) = Choose(split, windows, rows.Length);
            try
            {
                return Finish(split, rows.Length, chosen, loss, tried);
            }
            finally
            {
                chosen.Dispose();
            }
        }

        private int[] Labelled()
        {
            if (options.Task == LearningTask.Regression && label is not NumberColumn)
                throw new TrainingDataException(
                    "data.label", $"column '{label.Name}' holds {DataFrame.Plural(label)}; regression needs numbers ({label.Assumed ?? "as made"})");
            var rows = new List<int>(frame.RowCount);
            for (var row = 0; row < frame.RowCount; row++)
                if (!label.IsMissing(row))
                    rows.Add(row);
            if (options.Window is { } window && rows.Count > window)
                rows.RemoveRange(0, rows.Count - window);
            Require(rows.Count >= LeastRows, "data", $"{rows.Count} rows with a value in '{label.Name}'; at least {LeastRows} are needed");
            return [.. rows];
        }

        private DataSplit Split(int[] rows)
        {
            if (options.Time is { } time)
            {
                var sizing = options.WindowSearch ? Windows(rows.Length)[^1] : rows.Length;
                return DataSplit.ByTime(rows, at => SameMoment(frame[time], rows, at), sizing, options);
            }
            var strata = options.Task == LearningTask.Classification ? Classes.Learn(label, rows).Indices(label, rows) : null;
            return DataSplit.AtRandom(rows, strata, options);
        }

        private static bool SameMoment(Column time, int[] rows, int at) => at > 0 && at < rows.Length && time switch
        {
            TimestampColumn moments => moments.Values[rows[at]] == moments.Values[rows[at - 1]],
            _ => ((NumberColumn)time).Values[rows[at]] == ((NumberColumn)time).Values[rows[at - 1]],
        };

        /// <summary>Numbers of newest rows to try, the longest first.</summary>
        private List<int> Windows(int rows)
        {
            List<int> windows = [rows];
            while (options.WindowSearch && windows[^1] / 4 >= LeastWindow)
                windows.Add(windows[^1] / 4);
            return windows;
        }

        /// <summary>Fits every window's training rows and takes the one that predicts the validation rows best.</summary>
        private (Candidate Chosen, double? Loss, List<WindowCandidate> Tried) Choose(DataSplit split, List<int> windows, int all)
        {
            var tried = new List<WindowCandidate>();
            if (windows.Count == 1 && !trainer.UsesValidation)
                // Nothing is to be chosen: the validation rows are better learnt from.
                return (Fit(Together(split), null, null, 1, all), null, tried);

            Candidate? best = null;
            double[] bestLosses = [];
            try
            {
                foreach (var window in windows)
                {
                    var rows = split.Train[Math.Max(0, split.Train.Length - (window - (all - split.Train.Length)))..];
                    if (Unfit(rows) is { } reason)
                    {
                        tried.Add(new WindowCandidate(window, rows.Length, null, reason));
                        continue;
                    }
                    var candidate = Fit(rows, split.Validation, null, (options.Refit ? 0.6 : 0.9) / windows.Count, window);
                    var losses = Losses(candidate, split.Validation);
                    tried.Add(new WindowCandidate(window, rows.Length, losses.Average(), null));
                    if (best is null || Better(losses, bestLosses))
                    {
                        best?.Dispose();
                        (best, bestLosses) = (candidate, losses);
                    }
                    else
                    {
                        candidate.Dispose();
                    }
                }
                if (best is null)
                    throw new TrainingDataException("data", tried[0].Skipped!);
                if (!options.Refit)
                    return (best, bestLosses.Average(), tried);

                var chosen = Fit([.. best.Rows, .. split.Validation], null, best.Model, 0.3, best.Window);
                best.Dispose();
                return (chosen, bestLosses.Average(), tried);
            }
            catch
            {
                best?.Dispose();
                throw;
            }
        }

        // A shorter window has to be better by more than chance: by one standard error of the paired difference.
        private static bool Better(double[] losses, double[] than)
        {
            var differences = new double[losses.Length];
            for (var i = 0; i < losses.Length; i++)
                differences[i] = than[i] - losses[i];
            var mean = differences.Average();
            var error = Math.Sqrt(differences.Sum(d => (d - mean) * (d - mean)) / Math.Max(1, losses.Length - 1) / losses.Length);
            return mean > error;
        }

        private string? Unfit(int[] rows)
        {
            if (rows.Length < 50)
                return $"{rows.Length} rows are left to train on; at least 50 are needed";
            if (classes is not null && classes.Indices(label, rows).Distinct().Count() < 2)
                return "its training rows have one class";
            return null;
        }

        private Candidate Fit(int[] rows, int[]? validation, FittedModel? like, double share, int window)
        {
            var schema = SchemaBuilder.Build(options, frame, rows, classes, trainer.Categories);
            var start = done;
            var checkpoints = options.Checkpoints?.Invoke(string.Create(CultureInfo.InvariantCulture, $"fit{++fits}"));
            var model = trainer.Fit(Data(schema, rows), validation is null ? null : Data(schema, validation), like, checkpoints, Report, ct);
            Report(1);
            done = start + share;
            return new Candidate(schema, model, rows, window);

            void Report(double part) => progress?.Invoke(Math.Min(1, start + (share * part)));
        }

        private FitData Data(FeatureSchema schema, int[] rows) => new(schema, FeatureExtractor.Extract(schema, frame, rows), Targets(rows), Weights(rows));

        private float[]? Weights(int[] rows)
        {
            if (options.Weight is not { } name)
                return null;
            var all = ((NumberColumn)frame[name]).Values;
            var weights = Array.ConvertAll(rows, r => (float)all[r]);
            Require(weights.Any(w => w > 0), "data.weight", $"all weights of one part's {rows.Length} rows are 0");
            return weights;
        }

        private double[] Targets(int[] rows)
        {
            if (classes is not null)
                return classes.Indices(label, rows);
            var targets = new double[rows.Length];
            for (var r = 0; r < rows.Length; r++)
                targets[r] = FeatureExtractor.ToSingle(((NumberColumn)label).Values[rows[r]], label.Name, rows[r]);
            return targets;
        }

        /// <summary>Loss by row, times its weight over the mean weight: log loss (probabilities kept above 1e-7), or squared error.</summary>
        private double[] Losses(Candidate candidate, int[] rows)
        {
            var predicted = candidate.Model.Predict(FeatureExtractor.Extract(candidate.Schema, frame, rows), rows.Length);
            var targets = Targets(rows);
            var losses = new double[rows.Length];
            for (var r = 0; r < rows.Length; r++)
                losses[r] = classes is null
                    ? (predicted[r] - targets[r]) * (predicted[r] - targets[r])
                    : -Math.Log(Math.Max(1e-7, predicted[(r * classes.Names.Count) + (int)targets[r]]));
            if (Weights(rows) is not { } weights)
                return losses;
            var mean = weights.Average(w => (double)w);
            for (var r = 0; r < rows.Length; r++)
                losses[r] *= weights[r] / mean;
            return losses;
        }

        private TrainedModel Finish(DataSplit split, int labelled, Candidate chosen, double? loss, List<WindowCandidate> tried)
        {
            var onnx = ModelGraph.Build(chosen.Schema, chosen.Model);
            var parity = Parity(chosen, onnx);
            var details = chosen.Model.Details();
            details["rowsWithoutLabel"] = frame.RowCount - CountLabelled();
            details["assumed"] = new JsonArray(
                [.. chosen.Schema.Inputs.Select(i => (JsonNode?)JsonValue.Create($"{i.Column}: {frame[i.Column].Assumed ?? "as made"}"))]);
            progress?.Invoke(1);
            return new TrainedModel
            {
                Onnx = onnx,
                Network = chosen.Model.Network,
                Schema = chosen.Schema,
                Parity = parity,
                Importances = [.. chosen.Model.Importances(chosen.Schema.Features).OrderByDescending(i => i.Share)],
                TrainRows = chosen.Rows.Length,
                ValidationRows = split.Validation.Length,
                HoldoutRows = split.Holdout.Length,
                Holdout = Array.ConvertAll(split.Holdout, row => order[row]),
                Classes = classes?.Names,
                WindowUsed = Math.Min(chosen.Window, labelled),
                TrainedOn = Range(chosen.Rows),
                HeldOut = Range(split.Holdout),
                ValidationLoss = loss,
                Windows = tried,
                Searched = chosen.Model.Searched,
                Details = details,
            };
        }

        private int CountLabelled() => frame.RowCount - label.MissingCount();

        private DateRange? Range(int[] rows)
        {
            if (options.Time is not { } time || rows.Length == 0)
                return null;
            return new DateRange(Text(rows[0]), Text(rows[^1]));

            string Text(int row) => frame[time] is TimestampColumn moments
                ? TimestampText.Format(moments.Values[row])
                : ((NumberColumn)frame[time]).Values[row].ToString("R", CultureInfo.InvariantCulture);
        }

        private ParityReport Parity(Candidate chosen, byte[] onnx)
        {
            // Evenly over the rows fitted on; with few of them some are looked at twice (at least 100 are compared).
            var count = Math.Max(LeastRows, Math.Min(ParityRows, chosen.Rows.Length));
            var rows = new int[count];
            for (var i = 0; i < count; i++)
                rows[i] = chosen.Rows[(int)((long)i * chosen.Rows.Length / count)];
            var own = chosen.Model.Predict(FeatureExtractor.Extract(chosen.Schema, frame, rows), count);
            using var session = ModelSession.Load(onnx);
            var served = FrameScorer.Score(session, frame, options.Label, new ScoringOptions { Rows = rows }, ct);
            var scale = Math.Sqrt(own.Sum(o => o * o) / own.Length);
            var largest = 0.0;
            for (var i = 0; i < own.Length; i++)
            {
                var other = classes is null ? served.Values![i] : served.Probabilities![i / classes.Names.Count, i % classes.Names.Count];
                var error = Math.Abs(other - own[i]) / Math.Max(Math.Max(Math.Abs(own[i]), scale), 1e-30);
                // A comparison with NaN must not pass for agreement.
                largest = double.IsNaN(error) ? double.PositiveInfinity : Math.Max(largest, error);
            }
            var report = new ParityReport(count, largest, ParityTolerance, largest <= ParityTolerance);
            return report.Ok ? report : throw new TrainingException("training.parity",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the ONNX model differs from the trainer by {largest:G3} on {count} rows; at most {ParityTolerance} is allowed"));
        }

        private static int[] Together(DataSplit split)
        {
            int[] rows = [.. split.Train, .. split.Validation];
            Array.Sort(rows);
            return rows;
        }
    }

    private sealed record Candidate(FeatureSchema Schema, FittedModel Model, int[] Rows, int Window) : IDisposable
    {
        public void Dispose() => Model.Dispose();
    }
}
