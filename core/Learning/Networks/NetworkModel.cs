using System.Text.Json.Nodes;
using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Onnx;
using Iml4e.Learning.Linear;

namespace Iml4e.Learning.Networks;

/// <summary>A trained network with the scaling of its features and targets.</summary>
internal sealed class NetworkModel : FittedModel
{
    /// <summary>Rows that the importance of features is measured on.</summary>
    public const int SampledRows = 256;

    private const int Batch = 1024;

    private readonly TrainedNetwork trained;
    private readonly Standardization scaling;
    private readonly TargetScale targets;
    private readonly int classCount;
    private readonly IReadOnlyList<int>? image;
    private readonly double[] slopes;
    private readonly ModelSession session;

    public NetworkModel(
        TrainedNetwork trained, Standardization scaling, TargetScale targets, int classCount, IReadOnlyList<int>? image, ReadOnlySpan<float> sample)
    {
        (this.trained, this.scaling, this.targets, this.classCount, this.image) = (trained, scaling, targets, classCount, image);
        session = ModelSession.Load(trained.Model);
        slopes = Slopes(sample);
    }

    /// <summary>The epoch that was best on the validation rows.</summary>
    public int BestEpoch => trained.BestEpoch;

    /// <summary>Features as the network gets them, row-major.</summary>
    public static float[] Scaled(Standardization scaling, ReadOnlySpan<float> values)
    {
        var (result, columns) = (new float[values.Length], scaling.Medians.Length);
        for (var i = 0; i < values.Length; i++)
        {
            var c = i % columns;
            // As the graph computes it.
            result[i] = ((float.IsNaN(values[i]) ? scaling.Medians[c] : values[i]) - scaling.Means[c]) * scaling.InverseDeviations[c];
        }

        return result;
    }

    public override double[] Predict(ReadOnlySpan<float> values, int rows)
    {
        var (x, columns, width) = (Scaled(scaling, values), scaling.Medians.Length, Math.Max(1, classCount));
        var result = new double[rows * width];
        for (var at = 0; at < rows; at += Batch)
        {
            var count = Math.Min(Batch, rows - at);
            var scores = session.Run([Input(x.AsSpan(at * columns, count * columns), count)])[0].ToDoubles();
            var part = result.AsSpan(at * width, count * width);
            for (var r = 0; r < count; r++)
            {
                if (classCount == 0)
                    part[r] = scores[r] * targets.Deviation + targets.Mean;
                else
                    System.Numerics.Tensors.TensorPrimitives.SoftMax<double>(scores.AsSpan(r * width, width), part.Slice(r * width, width));
            }
        }

        return result;
    }

    public override string Emit(GraphBuilder graph, string features)
    {
        var count = scaling.Medians.Length;
        var imputed = graph.Node("Where", [graph.Node("IsNaN", [features]), graph.Initializer("medians", scaling.Medians, 1, count), features], output: "imputed");
        var centred = graph.Node("Sub", [imputed, graph.Initializer("means", scaling.Means, 1, count)], output: "centred");
        var scaled = graph.Node("Mul", [centred, graph.Initializer("inverse_deviations", scaling.InverseDeviations, 1, count)], output: "scaled");
        if (image is not null)
            scaled = graph.Node("Reshape", [scaled, graph.Initializer("image_shape", [-1L, .. image.Select(d => (long)d)])], output: "image");
        var scores = Copy(graph, scaled);
        if (classCount > 0)
            return graph.Node("Softmax", [scores], [Attr.Int("axis", 1)]);
        var stretched = graph.Node("Mul", [scores, graph.Scalar("target_deviation", targets.Deviation)], output: "stretched");
        return graph.Node("Add", [stretched, graph.Scalar("target_mean", targets.Mean)], output: "score");
    }

    /// <summary>Mean |slope| of the network's answer along the standardised feature, over some rows.</summary>
    public override FeatureImportance[] Importances(IReadOnlyList<string> features)
    {
        var sum = slopes.Sum();
        return [.. slopes.Select((v, j) => new FeatureImportance(features[j], v, sum > 0 ? v / sum : 0))];
    }

    public override JsonObject Details() => new()
    {
        ["epochs"] = trained.Epochs.Count, ["bestEpoch"] = trained.BestEpoch, ["stoppedEarly"] = trained.StoppedEarly, ["steps"] = trained.Steps,
        ["skippedBatches"] = trained.Skipped,
        ["weights"] = trained.Model.Graph.Initializer.Where(i => trained.Trained.Contains(i.Name)).Sum(i => i.Dims.Aggregate(1L, (a, b) => a * b)),
        ["trainLoss"] = trained.Epochs is [.., var last] ? last.TrainLoss : null,
        ["notes"] = new JsonArray([.. trained.Notes.Select(n => (JsonNode?)n)]),
    };

    public override void Dispose() => session.Dispose();

    private Tensor Input(ReadOnlySpan<float> values, int rows) =>
        Tensor.FromFloats(session.Metadata.Inputs[0].Name, values, image is null ? [rows, scaling.Medians.Length] : [rows, .. image.Select(d => (long)d)]);

    private string Copy(GraphBuilder graph, string input)
    {
        var network = trained.Model.Graph;
        var names = new Dictionary<string, string>(StringComparer.Ordinal) { [network.Input[0].Name] = input };
        foreach (var weight in network.Initializer)
            names[weight.Name] = graph.Initializer(TensorProtos.Read(weight));
        foreach (var node in network.Node)
        {
            // It leaves nothing out any more.
            if (node.OpType is "Dropout" or "Identity")
                names[node.Output[0]] = names[node.Input[0]];
            else
                names[node.Output[0]] = graph.Node(node.OpType, node.Input.Select(i => names[i]).ToArray(), node.Attribute.ToArray(), output: node.Output[0]);
        }

        return names[network.Output[0].Name];
    }

    // The slope of the answer: of a number, or of the score of the class that it says.
    private double[] Slopes(ReadOnlySpan<float> sample)
    {
        var columns = scaling.Medians.Length;
        var rows = sample.Length / columns;
        var x = Input(Scaled(scaling, sample), rows);
        var scores = session.Run([x])[0].ToDoubles();
        var width = scores.Length / rows;
        var seeds = new float[scores.Length];
        for (var r = 0; r < rows; r++)
            seeds[r * width + System.Numerics.Tensors.TensorPrimitives.IndexOfMax<double>(scores.AsSpan(r * width, width))] = 1;
        var gradients = GradientGraphBuilder.Build(trained.Model, new GradientRequest { Wrt = [x.Name], KeepForwardOutputs = false });
        using var backward = ModelSession.Load(gradients.Model);
        var slope = backward.Run([x, Tensor.FromFloats(gradients.SeedInputs[0], seeds, rows, width)])[0].ToDoubles();
        var result = new double[columns];
        for (var i = 0; i < slope.Length; i++)
        {
            // A constant feature has no say whatever its weights.
            if (scaling.InverseDeviations[i % columns] != 0)
                result[i % columns] += Math.Abs(slope[i]) / rows;
        }

        return result;
    }
}
