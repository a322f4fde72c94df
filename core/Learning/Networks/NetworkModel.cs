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
    private readonly NetworkSubject subject;
    private readonly int classCount;
    private readonly ModelProto network;
    private readonly double[] slopes;
    private readonly ModelSession session;

    public NetworkModel(TrainedNetwork trained, NetworkSubject subject, int classCount, ReadOnlySpan<float> sample)
    {
        (this.trained, this.subject, this.classCount) = (trained, subject, classCount);
        // Whatever the names are that were handed in, those of the whole are ours.
        network = subject.Given is null ? WithoutDropout(trained.Model) : GraphSurgery.Prefix(OpsetNormalization.Uplift(trained.Model), "network/");
        session = ModelSession.Load(trained.Model);
        slopes = Slopes(sample);
    }

    /// <summary>The epoch that was best on the validation rows.</summary>
    public int BestEpoch => trained.BestEpoch;

    public override int Opset => OpsetNormalization.VersionOf(network);

    public override byte[]? Network => subject.Given is { } given ? GraphSurgery.Serialize(given.With(trained.Model)) : null;

    public override double[] Predict(ReadOnlySpan<float> values, int rows)
    {
        var (x, columns, width) = (subject.Scaled(values), subject.Scaling.Medians.Length, Math.Max(1, classCount));
        var result = new double[rows * width];
        for (var at = 0; at < rows; at += Batch)
        {
            var count = Math.Min(Batch, rows - at);
            var scores = session.Run([Input(x.AsSpan(at * columns, count * columns), count)])[0].ToDoubles();
            var part = result.AsSpan(at * width, count * width);
            for (var r = 0; r < count; r++)
            {
                if (classCount == 0)
                    part[r] = scores[r] * subject.Targets.Deviation + subject.Targets.Mean;
                else
                    System.Numerics.Tensors.TensorPrimitives.SoftMax<double>(scores.AsSpan(r * width, width), part.Slice(r * width, width));
            }
        }

        return result;
    }

    public override string Emit(GraphBuilder graph, string features)
    {
        var (scaling, targets) = (subject.Scaling, subject.Targets);
        var count = scaling.Medians.Length;
        var missing = graph.Node("IsNaN", [features]);
        var value = graph.Node("Where", [missing, graph.Initializer("medians", scaling.Medians, 1, count), features], output: "imputed");
        if (subject.IsStandardized)
        {
            var centred = graph.Node("Sub", [value, graph.Initializer("means", scaling.Means, 1, count)], output: "centred");
            value = graph.Node("Mul", [centred, graph.Initializer("inverse_deviations", scaling.InverseDeviations, 1, count)], output: "scaled");
        }

        if (subject.Dimensions.Length > 1)
            value = graph.Node("Reshape", [value, graph.Initializer("image_shape", [-1L, .. subject.Dimensions])], output: "image");
        var input = StepperBuilder.InputOf(network);
        var scores = graph.Inline(network, new Dictionary<string, string>(StringComparer.Ordinal) { [input] = value })[0];
        if (classCount > 0)
            return graph.Node("Softmax", [scores], [Attr.Int("axis", 1)]);
        if (!subject.IsStandardized)
            return scores;
        var stretched = graph.Node("Mul", [scores, graph.Scalar("target_deviation", targets.Deviation)], output: "stretched");
        return graph.Node("Add", [stretched, graph.Scalar("target_mean", targets.Mean)], output: "score");
    }

    /// <summary>Mean |slope| of the network's answer along the feature, standardised where the network gets it so, over some rows.</summary>
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

    private Tensor Input(ReadOnlySpan<float> values, int rows) => Tensor.FromFloats(session.Metadata.Inputs[0].Name, values, [rows, .. subject.Dimensions]);

    // It leaves nothing out any more.
    private static ModelProto WithoutDropout(ModelProto model)
    {
        var result = model.Clone();
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var node in model.Graph.Node.Where(n => n.OpType == "Dropout"))
            names[node.Output[0]] = names.GetValueOrDefault(node.Input[0], node.Input[0]);
        result.Graph.Node.Clear();
        foreach (var node in model.Graph.Node.Where(n => n.OpType != "Dropout").Select(n => n.Clone()))
        {
            for (var i = 0; i < node.Input.Count; i++)
                node.Input[i] = names.GetValueOrDefault(node.Input[i], node.Input[i]);
            result.Graph.Node.Add(node);
        }

        return result;
    }

    // The slope of the answer: of a number, or of the score of the class that it says.
    private double[] Slopes(ReadOnlySpan<float> sample)
    {
        var columns = subject.Scaling.Medians.Length;
        var rows = sample.Length / columns;
        var x = Input(subject.Scaled(sample), rows);
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
            if (subject.Scaling.InverseDeviations[i % columns] != 0)
                result[i % columns] += Math.Abs(slope[i]) / rows;
        }

        return result;
    }
}
