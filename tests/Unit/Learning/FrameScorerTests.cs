using Iml4e.Inference;
using Iml4e.Inference.Onnx;
using Iml4e.Learning;
using Iml4e.Tests.Unit.Inference;

namespace Iml4e.Tests.Unit.Learning;

public class FrameScorerTests
{
    private static readonly DataFrame Frame = new(
    [
        new NumberColumn("a", [1, 2, 3]), new NumberColumn("b", [10, 20, 30]), new CategoryColumn("site", ["x", "y", "z"]), new NumberColumn("y", [0, 1, 0]),
    ]);

    [Theory]
    [InlineData(-1, 2)]
    [InlineData(1, 2)]
    public void A_matrix_model_gets_the_number_columns_in_order(long batch, int features)
    {
        using var session = Matrix(batch, features);
        var values = FrameScorer.Score(session, Frame, "y", new ScoringOptions { ChunkRows = 2 }).Values!;
        Assert.Equal([12, 24, 36], values);
        Assert.Equal([36, 12], FrameScorer.Score(session, Frame, "y", new ScoringOptions { Rows = [2, 0] }).Values!);
    }

    [Fact]
    public void A_model_that_wants_another_number_of_columns_is_refused()
    {
        using var session = Matrix(-1, 5);
        var problem = Assert.Throws<TrainingDataException>(() => FrameScorer.Score(session, Frame, "y"));
        Assert.Equal("data.features: 2 number columns do not fit the model's input m FP32[-1,5]", problem.Message);
        Assert.Throws<TrainingDataException>(() => FrameScorer.Score(session, Frame, "y", new ScoringOptions { Features = ["a", "site"] }));
    }

    [Fact]
    public void Scores_become_probabilities_and_labels()
    {
        var graph = new GraphBuilder("scores");
        var x = graph.Input("m", TensorDatatype.FP32, "N", 2, 1);
        var flat = graph.Node("Flatten", [x]);
        graph.Output("logits", graph.Node("MatMul", [flat, graph.Initializer("w", [1f, 0, 0, 0, .2f, 0], 2, 3)]), TensorDatatype.FP32, "N", 3);
        using var session = ModelSession.Load(GraphSurgery.Serialize(graph.Build()));
        var answers = FrameScorer.Score(session, Frame, "y");
        Assert.Equal(["1", "1", "1"], answers.Labels!);
        Assert.Equal(Math.Exp(2) / (Math.Exp(1) + Math.Exp(2) + 1), answers.Probabilities![0, 1], 1e-6);
    }

    [Fact]
    public void Inputs_named_like_columns_are_fed_by_name()
    {
        var graph = new GraphBuilder("names");
        var b = graph.Input("b", TensorDatatype.FP32, "N", 1);
        var a = graph.Input("a", TensorDatatype.FP32, "N", 1);
        graph.Output("out", graph.Node("Sub", [b, a]), TensorDatatype.FP32, "N", 1);
        using var session = ModelSession.Load(GraphSurgery.Serialize(graph.Build()));
        Assert.Equal([9, 18, 27], FrameScorer.Score(session, Frame).Values!);
    }

    [Fact]
    public void A_column_that_our_model_needs_and_the_frame_lacks_is_named()
    {
        var model = Trainer.Train(Frames.Building(300, 1), Frames.BuildingOptions("linear"));
        using var session = ModelSession.Load(model.Onnx);
        Assert.Contains(
            "the model needs the column 'outdoor'", Assert.Throws<TrainingDataException>(() => FrameScorer.Score(session, Frame)).Message,
            StringComparison.Ordinal);
    }

    [SharedDataFact]
    public void A_picture_model_of_batch_one_is_asked_row_by_row()
    {
        using var session = ModelSession.Load(File.ReadAllBytes(SharedData.Path("models/mnist.onnx")));
        var columns = Enumerable.Range(0, 784).Select(i => (Column)new NumberColumn($"p{i}", [i % 5 / 5.0, 0.5, 0])).ToArray();
        var all = FrameScorer.Score(session, new DataFrame(columns));
        Assert.Equal(3, all.Labels!.Length);
        Assert.Equal(10, all.Probabilities!.GetLength(1));
        var direct = session.Run([Tensor.FromFloats(session.Metadata.Inputs[0].Name, Enumerable.Repeat(0.5f, 784).ToArray(), 1, 1, 28, 28)])[0].ToDoubles();
        Assert.Equal(Array.IndexOf(direct, direct.Max()).ToString(System.Globalization.CultureInfo.InvariantCulture), all.Labels[1]);
    }

    private static ModelSession Matrix(long batch, int features)
    {
        var graph = new GraphBuilder("matrix");
        var x = batch < 0 ? graph.Input("m", TensorDatatype.FP32, "N", features) : graph.Input("m", TensorDatatype.FP32, batch, features);
        var weights = Enumerable.Range(0, features).Select(i => i == 0 ? 2f : 1f).ToArray();
        var product = graph.Node("MatMul", [x, graph.Initializer("w", weights, features, 1)]);
        if (batch < 0)
            graph.Output("out", product, TensorDatatype.FP32, "N", 1);
        else
            graph.Output("out", product, TensorDatatype.FP32, batch, 1);
        return ModelSession.Load(GraphSurgery.Serialize(graph.Build()));
    }
}
