using System.Runtime.InteropServices;
using Iml4e.Inference;
using Iml4e.Learning;
using Iml4e.Learning.BoostedTrees;
using Iml4e.Learning.BoostedTrees.Managed;

namespace Iml4e.Tests.Unit.Learning;

public class ManagedBoosterTests
{
    [Fact]
    public void The_worked_example_comes_out_as_with_the_library()
    {
        float[] x = [1, 5, 2, 3, 3, 8, 4, 1, 5, 9, 6, 2, 7, 7, float.NaN, 4, 9, float.NaN, 10, 6];
        var data = new FitData(Schema(2), x, [0, 0, 1, 0, 1, 0, 1, 1, 0, 1], null);
        using var booster = new ManagedBooster(data, data, new ManagedSettings(new Dictionary<string, string>
        {
            ["objective"] = "binary:logistic", ["eta"] = "0.5", ["max_depth"] = "2", ["min_child_weight"] = "0", ["lambda"] = "1", ["base_score"] = "0.3",
        }));
        booster.Update(0);
        Assert.Equal(0.4848957, booster.Evaluate(0), 1e-6);
        booster.Update(1);
        Assert.Equal(0.3394415, booster.Evaluate(1), 1e-6);
        using var trees = booster.First(2);
        var ensemble = XgboostModel.Read(trees.SaveJson());
        Assert.Equal([1, 0, 0, 0, 0, 1, 0, 0, 0, 0], ensemble.FeatureIds);
        Assert.Equal([3.5f, 0, 2, 0, 0, 3.5f, 0, 2, 0, 0], ensemble.Values);
        Assert.Equal([1, 0, 0, 0, 0, 1, 0, 0, 0, 0], ensemble.MissingTracksTrue);
        double[] weights = [-0.32608697, -0.12396695, 0.8536585, -0.2744259, -0.11450413, 0.5537918];
        for (var i = 0; i < weights.Length; i++)
            Assert.Equal(weights[i], ensemble.LeafWeights[i], 1e-6);
        double[] expected = [.2524158, .1903387, .6364878, .1903387, .6364878, .1903387, .6364878, .6364878, .1903387, .6364878];
        var predicted = trees.Predict(x, 10, margin: false);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], predicted[i], 1e-6);
    }

    [Theory]
    [InlineData("reg:squarederror", 0, 0)]
    [InlineData("reg:squarederror", 0.5, 2)]
    [InlineData("reg:logistic", 0, 0)]
    [InlineData("binary:logistic", 0, 0.3)]
    [InlineData("multi:softprob", 0.1, 0)]
    public void The_trees_are_those_of_the_library_and_it_reads_them(string objective, double alpha, double gamma)
    {
        const int Rows = 500, Columns = 4, Rounds = 8;
        var random = new Random(3);
        var x = Enumerable.Range(0, Rows * Columns).Select(i => i % Columns > 1 && random.Next(8) == 0 ? float.NaN : (float)Frames.Normal(random)).ToArray();
        var y = Enumerable.Range(0, Rows).Select(r => x[r * Columns] - (2 * x[(r * Columns) + 1]) + (0.3 * Frames.Normal(random))).ToArray();
        y = Array.ConvertAll(y, v => objective switch { "reg:squarederror" => v, "reg:logistic" => 1 / (1 + Math.Exp(-v)), "multi:softprob" => v < -1 ? 0 : v < 1 ? 1 : 2, _ => v > 0 ? 1 : 0 });
        var weights = Enumerable.Range(0, Rows).Select(_ => (float)(0.5 + random.NextDouble())).ToArray();
        var settings = new Dictionary<string, string>
        {
            ["objective"] = objective, ["eta"] = "0.3", ["max_depth"] = "4", ["min_child_weight"] = "2", ["base_score"] = "0.4", ["tree_method"] = "exact", ["nthread"] = "1", ["verbosity"] = "0",
            ["alpha"] = alpha.ToString("R", System.Globalization.CultureInfo.InvariantCulture),
            ["gamma"] = gamma.ToString("R", System.Globalization.CultureInfo.InvariantCulture),
        };
        if (objective == "multi:softprob")
            settings["num_class"] = "3";
        using var matrix = new DMatrix(x, Rows, Columns, Array.ConvertAll(y, v => (float)v), 1);
        matrix.Weigh(weights);
        using var native = new Booster([matrix], settings);
        using var managed = new ManagedBooster(new FitData(Schema(Columns), x, y, weights), null, new ManagedSettings(settings));
        for (var round = 0; round < Rounds; round++)
        {
            native.Update(round, matrix);
            managed.Update(round);
        }
        using var trees = managed.First(Rounds);
        Near(native.Predict(matrix), trees.Predict(x, Rows, margin: false));
        Near(trees.Predict(x, Rows, margin: false), LoadAndPredict(trees.SaveJson(), matrix));
        var (own, theirs) = (XgboostModel.Read(trees.SaveJson()), XgboostModel.Read(native.SaveJson()));
        Assert.Equal(theirs.FeatureIds, own.FeatureIds);
        Assert.Equal(theirs.SplitCounts, own.SplitCounts);
        for (var j = 0; j < Columns; j++)
        {
            Assert.Equal(theirs.TotalGain[j], own.TotalGain[j], 1e-3 * (1 + theirs.TotalGain[j]));
            Assert.Equal(theirs.TotalCover[j], own.TotalCover[j], 1e-3 * (1 + theirs.TotalCover[j]));
        }
    }

    [Theory]
    [InlineData("""{"engine":"managed","rounds":60,"eta":0.2}""")]
    [InlineData("""{"engine":"managed","rounds":20,"search":true,"eta":0.3,"max_depth":4,"subsample":0.7}""")]
    public void A_building_is_learnt_without_the_library(string parameters)
    {
        var frame = Frames.Building(1_000, 4);
        var options = Frames.BuildingOptions() with { Parameters = Frames.Parameters(parameters) };
        var model = Trainer.Train(frame, options);
        Assert.InRange(model.Parity.MaxRelativeError, 0, 1e-6);
        using var session = ModelSession.Load(model.Onnx);
        var (predicted, truth) = (FrameScorer.Score(session, frame, "kwh", new ScoringOptions { Rows = model.Holdout }).Values!, frame.Numbers("kwh"));
        var mean = truth.Average();
        Assert.InRange(model.Holdout.Select((row, i) => Math.Abs(truth[row] - predicted[i])).Average(), 0, truth.Average(v => Math.Abs(v - mean)) / 2);
        Assert.Equal(model.Onnx, Trainer.Train(frame, options).Onnx);
    }

    [Theory]
    [InlineData(
        """{"engine":"managed","objective":"count:poisson"}""",
        "train.parameters.objective: 'count:poisson' needs the engine xgboost; managed knows reg:squarederror,")]
    [InlineData("""{"engine":"managed","monotone_constraints":{"outdoor":1}}""", "train.parameters.monotone_constraints: needs the engine xgboost")]
    [InlineData("""{"engine":"gpu"}""", "train.parameters.engine: must be one of xgboost, managed")]
    public void What_the_managed_engine_does_not_know_is_refused(string parameters, string said)
    {
        var options = Frames.BuildingOptions() with { Parameters = Frames.Parameters(parameters) };
        Assert.StartsWith(said, Assert.Throws<TrainingDataException>(() => Trainer.Train(Frames.Building(300, 1), options)).Message, StringComparison.Ordinal);
    }

    private static FeatureSchema Schema(int columns) => new()
    {
        Task = LearningTask.Regression, Label = "y", Trainer = "boosted-trees", Features = [.. Enumerable.Range(0, columns).Select(i => $"x{i}")],
        Inputs = [.. Enumerable.Range(0, columns).Select(i => new FeatureInput { Name = $"x{i}", Column = $"x{i}", Kind = ColumnKind.Number })],
    };

    private static void Near(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 2e-5);
    }

    private static unsafe float[] LoadAndPredict(byte[] json, DMatrix matrix)
    {
        XgboostNative.Check(XgboostNative.XGBoosterCreate(null, 0, out var created));
        using var handle = new BoosterHandle(created);
        fixed (byte* buffer = json)
            XgboostNative.Check(XGBoosterLoadModelFromBuffer(created, buffer, (ulong)json.Length));
        const string Config = """{"type":0,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":true}""";
        XgboostNative.Check(XgboostNative.XGBoosterPredictFromDMatrix(handle, matrix.Handle, Config, out var shape, out var dimensions, out var result));
        var count = 1UL;
        for (var i = 0UL; i < dimensions; i++)
            count *= shape[i];
        return new ReadOnlySpan<float>(result, (int)count).ToArray();
    }

    [DllImport("libxgboost.so.0")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern unsafe int XGBoosterLoadModelFromBuffer(nint handle, byte* buffer, ulong length);
}
