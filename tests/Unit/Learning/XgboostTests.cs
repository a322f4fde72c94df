using System.Text;
using Iml4e.Benchmarks.Trees;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;
using Iml4e.Learning;
using Iml4e.Learning.BoostedTrees;

namespace Iml4e.Tests.Unit.Learning;

public class XgboostTests
{
    // The worked example of the conversion: 10 rows, 2 features, 2 rounds of depth 2.
    private static readonly float[] X =
    [
        1, 5, 2, 3, 3, 8, 4, 1, 5, 9, 6, 2, 7, 7, float.NaN, 4, 9, float.NaN, 10, 6,
    ];

    private static readonly float[] Y = [0, 0, 1, 0, 1, 0, 1, 1, 0, 1];

    private static readonly Dictionary<string, string> Example = new()
    {
        ["objective"] = "binary:logistic", ["eta"] = "0.5", ["max_depth"] = "2", ["min_child_weight"] = "0", ["lambda"] = "1", ["tree_method"] = "exact",
        ["base_score"] = "0.3", ["nthread"] = "1", ["verbosity"] = "0", ["eval_metric"] = "logloss",
    };

    [Fact]
    public void The_worked_example_gives_its_probabilities_margins_and_losses()
    {
        using var matrix = new DMatrix(X, 10, 2, Y, 1);
        using var booster = new Booster([matrix], Example);
        booster.Update(0, matrix);
        Assert.Equal(0.4848957, booster.Evaluate(0, matrix), 1e-6);
        booster.Update(1, matrix);
        Assert.Equal(0.3394415, booster.Evaluate(1, matrix), 1e-6);

        double[] expected = [.2524158, .1903387, .6364878, .1903387, .6364878, .1903387, .6364878, .6364878, .1903387, .6364878];
        Close(expected, booster.Predict(matrix), 1e-6);
        double[] margins = [-1.0857689, -1.4478106, 0.5601524];
        var own = booster.Predict(matrix, margin: true);
        Close(margins, [own[0], own[1], own[2]], 1e-6);

        using var first = booster.First(1);
        var sliced = first.Predict(matrix, margin: true);
        Close([-.9712648, -1.1733848, .0063607], [sliced[0], sliced[1], sliced[2]], 1e-6);
    }

    [Fact]
    public void The_worked_example_becomes_exactly_these_arrays()
    {
        var ensemble = Ensemble(out _);
        Assert.Equal([0, 0, 0, 0, 0, 1, 1, 1, 1, 1], ensemble.TreeIds);
        Assert.Equal([0, 1, 2, 3, 4, 0, 1, 2, 3, 4], ensemble.NodeIds);
        Assert.Equal([1, 0, 0, 0, 0, 1, 0, 0, 0, 0], ensemble.FeatureIds);
        Assert.Equal(["BRANCH_LT", "LEAF", "BRANCH_LT", "LEAF", "LEAF", "BRANCH_LT", "LEAF", "BRANCH_LT", "LEAF", "LEAF"], ensemble.Modes);
        Assert.Equal([3.5f, 0, 2, 0, 0, 3.5f, 0, 2, 0, 0], ensemble.Values);
        Assert.Equal([1, 0, 3, 0, 0, 1, 0, 3, 0, 0], ensemble.TrueIds);
        Assert.Equal([2, 0, 4, 0, 0, 2, 0, 4, 0, 0], ensemble.FalseIds);
        Assert.Equal([1, 0, 0, 0, 0, 1, 0, 0, 0, 0], ensemble.MissingTracksTrue);
        Assert.Equal([0, 0, 0, 1, 1, 1], ensemble.LeafTreeIds);
        Assert.Equal([1, 3, 4, 1, 3, 4], ensemble.LeafNodeIds);
        Close([-0.32608697, -0.12396695, 0.8536585, -0.2744259, -0.11450413, 0.5537918], ensemble.LeafWeights, 1e-7);
        Assert.Equal(-0.8472979, ensemble.BaseMargin, 1e-7);
        // The gain of the first tree's root, which is the larger share of feature 1's total.
        Assert.Equal(2, ensemble.SplitCounts[0]);
        Assert.Equal(2, ensemble.SplitCounts[1]);
        Assert.True(ensemble.TotalGain[1] > 4.0233);
    }

    [Fact]
    public void The_worked_example_runs_in_ONNX()
    {
        var ensemble = Ensemble(out var expected);
        var graph = new GraphBuilder("example");
        var x = graph.Input("features", TensorDatatype.FP32, "N", 2);
        graph.Output("p", TreeEnsembleGraph.Emit(graph, x, ensemble), TensorDatatype.FP32, "N", 2);
        using var session = ModelSession.Load(GraphSurgery.Serialize(graph.Build()));
        var p = session.Run([Tensor.FromFloats("features", X, 10, 2)])[0].ToDoubles();
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(expected[i], p[(2 * i) + 1], 1e-6);
            Assert.Equal(1 - expected[i], p[2 * i], 1e-6);
        }
    }

    [Fact]
    public void Random_boosters_are_converted_without_loss() => Check(BoosterCase.Random(20, 1_000, 60));

    [Fact]
    public void Every_objective_forests_and_sets_of_categories_are_converted_without_loss() => Check(BoosterCase.EveryKind(1_000, 20));

    [Theory]
    [InlineData("\"gbtree\"", "\"dart\"", "booster 'dart'")]
    [InlineData("\"binary:logistic\"", "\"rank:pairwise\"", "objective 'rank:pairwise'")]
    [InlineData("\"split_type\":[0,0,0,0,0]", "\"split_type\":[1,0,0,0,0]", "a categorical split without its categories")]
    [InlineData("\"size_leaf_vector\":\"0\"", "\"size_leaf_vector\":\"2\"", "size_leaf_vector")]
    public void What_ONNX_cannot_carry_is_refused_by_name(string from, string to, string said)
    {
        using var matrix = new DMatrix(X, 10, 2, Y, 1);
        using var booster = new Booster([matrix], Example);
        booster.Update(0, matrix);
        var json = Encoding.UTF8.GetString(booster.SaveJson());
        Assert.Contains(from, json, StringComparison.Ordinal);
        var problem = Assert.Throws<TrainingException>(() => XgboostModel.Read(Encoding.UTF8.GetBytes(json.Replace(from, to, StringComparison.Ordinal))));
        Assert.Equal("xgb.unsupported_model", problem.Code);
        Assert.Contains(said, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nodes_out_of_reach_and_bracketed_base_scores_are_understood_and_circles_refused()
    {
        const string Tree = """
            {"learner":{"objective":{"name":"binary:logistic"},"learner_model_param":{"base_score":"[5E-1]","num_class":"0","num_feature":"1"},
            "gradient_booster":{"name":"gbtree","model":{"gbtree_model_param":{"num_parallel_tree":"1"},"tree_info":[0],"trees":[{
            "left_children":[1,-1,-1,LEFT],"right_children":[2,-1,-1,1],"split_indices":[0,0,0,0],"split_conditions":[0.5,-1,1,9],"default_left":[0,0,0,0],
            "split_type":[0,0,0,0],"loss_changes":[2,0,0,7],"sum_hessian":[4,3,1,9]}]}}}}
            """;
        var ensemble = XgboostModel.Read(Encoding.UTF8.GetBytes(Tree.Replace("LEFT", "0", StringComparison.Ordinal)));
        Assert.Equal([0, 1, 2], ensemble.NodeIds);
        Assert.Equal(0, ensemble.BaseMargin);
        Assert.Equal(2, ensemble.TotalGain[0]);
        Assert.Equal(4, ensemble.TotalCover[0]);
        var circle = Tree.Replace("[1,-1,-1,LEFT]", "[1,0,-1,0]", StringComparison.Ordinal);
        Assert.Throws<TrainingException>(() => XgboostModel.Read(Encoding.UTF8.GetBytes(circle)));
        Assert.Throws<TrainingException>(() => XgboostModel.Read("{}"u8.ToArray()));
        Assert.Throws<TrainingException>(() => XgboostModel.Read("no json"u8.ToArray()));
    }

    [Fact]
    public void What_the_library_refuses_is_an_error_in_its_words()
    {
        using var matrix = new DMatrix(X, 10, 2, Y, 1);
        using var booster = new Booster([matrix], new Dictionary<string, string> { ["objective"] = "no:such", ["verbosity"] = "0" });
        var problem = Assert.Throws<TrainingException>(() => booster.Update(0, matrix));
        Assert.Equal("xgb.failed", problem.Code);
        Assert.Contains("Unknown objective function", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", problem.Message, StringComparison.Ordinal);
    }

    private static void Check(IReadOnlyList<BoosterCase> cases)
    {
        foreach (var given in cases)
        {
            var result = BoosterComparison.Measure(given);
            Assert.True(result.Difference <= 1e-6 && result.LabelMismatches == 0, $"{given}: {result}");
        }
    }

    private static TreeEnsemble Ensemble(out float[] probabilities)
    {
        using var matrix = new DMatrix(X, 10, 2, Y, 1);
        using var booster = new Booster([matrix], Example);
        booster.Update(0, matrix);
        booster.Update(1, matrix);
        probabilities = booster.Predict(matrix);
        return XgboostModel.Read(booster.SaveJson());
    }

    private static void Close(double[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], tolerance);
    }
}
