using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Gradients.Optimizers;
using Iml4e.Inference.Onnx;
using Iml4e.Learning.Networks;

namespace Iml4e.Tests.Unit.Inference.Gradients;

/// <summary>Gradient graphs are of standard operators alone, so that any runtime executes them.</summary>
public sealed class EmittedOperatorTests
{
    private static readonly SortedDictionary<string, Func<ModelProto>> Networks = new(StringComparer.Ordinal)
    {
        ["ResNet-18"] = () => Architectures.ResNet18(64, 10),
        ["MobileNetV2"] = () => Architectures.MobileNetV2(64, 10),
        ["perceptron"] = () => Architectures.Perceptron(6, [8, 5], 3),
        ["plain"] = () => Architectures.Convolutional([1, 16, 16], [8, 12], 5, BlockKind.Plain),
        ["residual"] = () => Architectures.Convolutional([1, 16, 16], [8, 12], 5, BlockKind.Residual),
        ["depthwise"] = () => Architectures.Convolutional([1, 16, 16], [8, 12], 5, BlockKind.Depthwise),
    };

    public static TheoryData<string> Names => [.. Networks.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Networks_in_inference_and_in_training(string name)
    {
        var model = Networks[name]();
        // Scalars are attributes of layers, such as the ratio of a dropout.
        string[] weights = [.. model.Graph.Initializer.Where(i => i.DataType == 1 && i.Dims.Count > 0 && !IsStatistic(model, i.Name)).Select(i => i.Name)];
        StandardOnly(GradientGraphBuilder.Build(model, new GradientRequest { Wrt = [model.Graph.Input[0].Name, .. weights] }));
        foreach (var kind in name == "perceptron" ? Enum.GetValues<OptimizerKind>() : [OptimizerKind.Adam])
        {
            StandardOnly(GradientGraphBuilder.Build(model, new GradientRequest
            {
                Wrt = weights, TrainingMode = true, Seed = SeedMode.Loss, Optimizer = new OptimizerSpec { Kind = kind, ClipNorm = 1, AverageDecay = 0.9 },
                Loss = new LossSpec { Kind = LossKind.SoftmaxCrossEntropy },
            }));
        }
    }

    [Fact]
    public void Every_loss()
    {
        foreach (var kind in Enum.GetValues<LossKind>())
        {
            foreach (var reduction in Enum.GetValues<LossReduction>())
            {
                StandardOnly(GradientGraphBuilder.Build(
                    Architectures.Perceptron(6, [8], 3),
                    new GradientRequest { Wrt = ["input"], Seed = SeedMode.Loss, Loss = new LossSpec { Kind = kind, Reduction = reduction } }));
            }
        }
    }

    [SharedDataTheory]
    [InlineData("mnist.onnx")]
    [InlineData("FastestDet.onnx")]
    [InlineData("version-RFB-320.onnx")]
    [InlineData("yunet_n_320_320.onnx")]
    public void Public_models_for_the_input_and_for_all_weights(string file)
    {
        var model = GraphSurgery.Parse(SharedData.Read("models", file));
        var stored = model.Graph.Initializer.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        string[] weights = [.. model.Graph.Node.Where(n => n.OpType is "Conv").Select(n => n.Input[1]).Where(stored.Contains).Distinct()];
        StandardOnly(GradientGraphBuilder.Build(model, new GradientRequest { Wrt = [model.Graph.Input.First(i => !stored.Contains(i.Name)).Name, .. weights] }));
    }

    /// <summary>All nodes and imports are those of the standard, and a session without any other operators takes the graph.</summary>
    internal static void StandardOnly(GradientModel model)
    {
        Assert.All(Nodes(model.Model.Graph), n => Assert.True(n.Domain.Length == 0, $"node {n.Name} is {n.Domain}.{n.OpType}"));
        Assert.Equal([""], model.Model.OpsetImport.Select(o => o.Domain));
        Assert.Empty(model.Model.Functions);
        using var session = ModelSession.Load(model.Model);
        Assert.NotEmpty(session.Metadata.Outputs);
    }

    private static bool IsStatistic(ModelProto model, string name) =>
        model.Graph.Node.Any(n => n.OpType == "BatchNormalization" && n.Input.Skip(3).Contains(name));

    private static IEnumerable<NodeProto> Nodes(GraphProto graph) =>
        graph.Node.Concat(graph.Node.SelectMany(n => n.Attribute).Where(a => a.G is not null).SelectMany(a => Nodes(a.G)));
}
