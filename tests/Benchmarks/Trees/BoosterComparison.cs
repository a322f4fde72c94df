using System.Globalization;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;
using Iml4e.Learning.BoostedTrees;

namespace Iml4e.Benchmarks.Trees;

/// <summary>How far ONNX Runtime's answers on a converted booster are from XGBoost's own.</summary>
/// <param name="Difference">Largest absolute difference, relative for predictions beyond 1.</param>
/// <param name="LabelMismatches">Rows whose class differs although no two probabilities are within 1e-6 of a tie.</param>
/// <param name="Trees">Trees of the booster.</param>
/// <param name="Nodes">Nodes of the ONNX ensemble.</param>
internal sealed record BoosterComparison(double Difference, int LabelMismatches, int Trees, int Nodes)
{
    private const int Numbers = 6;

    /// <summary>Trains the booster, converts it and asks both about the same rows.</summary>
    public static BoosterComparison Measure(BoosterCase given)
    {
        var (x, y) = Rows(given);
        var columns = given.Categories.Count + Numbers;
        using var matrix = new DMatrix(x, given.Rows, columns, y, 1);
        if (given.Categories.Count > 0)
            matrix.DeclareCategories(new HashSet<int>(Enumerable.Range(0, given.Categories.Count)));
        using var booster = new Booster([matrix], Settings(given));
        for (var round = 0; round < given.Rounds; round++)
            booster.Update(round, matrix);

        // Rows that were not trained on, among them categories and values never seen.
        var (asked, _) = Rows(given with { Seed = given.Seed + 1_000, Categories = [.. given.Categories.Select(c => c + 2)] });
        using var question = new DMatrix(asked, given.Rows, columns, [], 1);
        var ensemble = XgboostModel.Read(booster.SaveJson());
        var expected = booster.Predict(question);
        if (given.Objective == "multi:softmax")
            return Compare(Softmax(booster.Predict(question, margin: true), ensemble.Groups), Onnx(ensemble, asked, given.Rows), ensemble);
        var answers = Onnx(ensemble, asked, given.Rows);
        return ensemble.Objective.Link == MarginLink.Logistic && answers.Length == 2 * expected.Length
            ? Compare([.. expected.SelectMany(p => new[] { 1.0 - p, p })], answers, ensemble)
            : Compare(Array.ConvertAll(expected, p => (double)p), answers, ensemble);
    }

    private static Dictionary<string, string> Settings(BoosterCase given)
    {
        var settings = new Dictionary<string, string>(given.Parameters)
        {
            ["objective"] = given.Objective, ["eta"] = "0.1", ["max_depth"] = Text(given.Depth), ["tree_method"] = given.TreeMethod, ["subsample"] = "0.8",
            ["num_parallel_tree"] = Text(given.ParallelTrees), ["nthread"] = "1", ["verbosity"] = "0", ["seed"] = "1", ["min_child_weight"] = "1",
        };
        if (given.BaseScore is not null)
            settings["base_score"] = given.BaseScore;
        if (given.Objective.StartsWith("multi:", StringComparison.Ordinal))
            settings["num_class"] = "3";
        return settings;
    }

    private static double[] Onnx(TreeEnsemble ensemble, float[] x, int rows)
    {
        var graph = new GraphBuilder("booster");
        var input = graph.Input("features", TensorDatatype.FP32, "N", ensemble.FeatureCount);
        graph.Output("answer", TreeEnsembleGraph.Emit(graph, input, ensemble), TensorDatatype.FP32, "N", "C");
        using var session = ModelSession.Load(GraphSurgery.Serialize(graph.Build()));
        return session.Run([Tensor.FromFloats("features", x, rows, ensemble.FeatureCount)])[0].ToDoubles();
    }

    private static BoosterComparison Compare(double[] expected, double[] answers, TreeEnsemble ensemble)
    {
        if (expected.Length != answers.Length)
            throw new InvalidOperationException($"{answers.Length} answers where XGBoost gives {expected.Length}");
        var largest = 0.0;
        for (var i = 0; i < answers.Length; i++)
        {
            var difference = Math.Abs(answers[i] - expected[i]) / Math.Max(1, Math.Abs(expected[i]));
            largest = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(largest, difference);
        }
        var width = ensemble.Objective.Task == Learning.LearningTask.Classification ? Math.Max(2, ensemble.Groups) : 1;
        var mismatches = 0;
        for (var r = 0; width > 1 && r < expected.Length / width; r++)
        {
            var truth = expected.AsSpan(r * width, width);
            var sorted = truth.ToArray();
            Array.Sort(sorted);
            if (sorted[^1] - sorted[^2] > 2e-6 && Best(truth) != Best(answers.AsSpan(r * width, width)))
                mismatches++;
        }
        return new BoosterComparison(largest, mismatches, ensemble.TreeCount, ensemble.NodeIds.Length);
    }

    private static int Best(ReadOnlySpan<double> row) => System.Numerics.Tensors.TensorPrimitives.IndexOfMax(row);

    private static double[] Softmax(float[] margins, int width)
    {
        var result = Array.ConvertAll(margins, m => (double)m);
        for (var at = 0; at < result.Length; at += width)
        {
            var row = result.AsSpan(at, width);
            System.Numerics.Tensors.TensorPrimitives.SoftMax<double>(row, row);
        }
        return result;
    }

    private static (float[] X, float[] Y) Rows(BoosterCase given)
    {
        var random = new Random(given.Seed);
        var width = given.Categories.Count + Numbers;
        var x = new float[given.Rows * width];
        var y = new float[given.Rows];
        for (var r = 0; r < given.Rows; r++)
        {
            var score = 0.0;
            for (var c = 0; c < width; c++)
            {
                // Few distinct values: rows then lie exactly on thresholds.
                var value = c < given.Categories.Count ? random.Next(given.Categories[c]) : Math.Round(Normal(random), 1);
                score += c < given.Categories.Count ? Math.Sin(7.3 * value) : (c % 3 - 1) * value;
                x[(r * width) + c] = random.NextDouble() < given.Missing ? float.NaN : (float)value;
            }
            y[r] = (float)Label(given.Objective, score + (0.5 * Normal(random)), random);
        }
        return (x, y);
    }

    private static double Label(string objective, double score, Random random) => objective switch
    {
        "reg:squaredlogerror" => Math.Exp(score / 3) - 0.5,
        "reg:logistic" => 1 / (1 + Math.Exp(-score)),
        "count:poisson" => Math.Floor(Math.Exp(score / 3) + random.NextDouble()),
        "reg:gamma" => Math.Exp(score / 3) * (0.5 + random.NextDouble()),
        "reg:tweedie" => random.Next(2) * Math.Exp(score / 3),
        "multi:softprob" or "multi:softmax" => score < -1 ? 0 : score < 1 ? 1 : 2,
        _ when objective.StartsWith("binary:", StringComparison.Ordinal) => score > 0 ? 1 : 0,
        _ => score,
    };

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
