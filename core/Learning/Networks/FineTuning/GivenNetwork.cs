using System.IO.Enumeration;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Learning.Networks;

/// <summary>A network that was handed in to be trained on, checked.</summary>
internal sealed class GivenNetwork
{
    private const string ModelPath = "train.fineTune.model";
    private const int TrialRows = 2;
    private const int NamesShown = 10;

    private readonly ModelProto _whole;

    private GivenNetwork(ModelProto whole, ModelProto forward, long[] shape, int outputs, IReadOnlyList<string> trainable) =>
        (_whole, Forward, Shape, Outputs, Trainable) = (whole, forward, shape, outputs, trainable);

    /// <summary>What is trained: up to the scores, without probabilities made of them.</summary>
    internal ModelProto Forward { get; }

    /// <summary>Dimensions of an example.</summary>
    internal long[] Shape { get; }

    /// <summary>Numbers that come out for an example.</summary>
    internal int Outputs { get; }

    /// <summary>Names of the initialisers that are trained.</summary>
    internal IReadOnlyList<string> Trainable { get; }

    /// <summary>Reads a network.</summary>
    /// <exception cref="TrainingDataException">It cannot be trained; says why.</exception>
    internal static GivenNetwork Read(FineTuning tuning)
    {
        try
        {
            var whole = GraphSurgery.Parse(tuning.Model.Span);
            if (whole.Functions.Count > 0)
                throw Wrong("the model defines functions of its own; export it with them inlined");
            if (tuning.Normalization == NormalizationTreatment.Fold)
                whole = BatchNormalizationFolding.Fold(whole);
            var input = StepperBuilder.InputOf(whole);
            var shape = ShapeOf(whole.Graph.Input.First(i => i.Name == input));
            var forward = Scores(whole);
            return new GivenNetwork(whole, forward, shape, CountOutputs(forward, input, shape), Match(TrainableWeights.Of(forward), tuning.Trainable));
        }
        catch (InvalidModelException e)
        {
            throw Wrong(e.Message);
        }
        catch (TrainingDataException e) when (e.Path == "model")
        {
            throw Wrong(e.Detail);
        }
    }

    /// <summary>The network as it was handed in, with the weights that were learnt.</summary>
    internal ModelProto With(ModelProto trained)
    {
        var result = _whole.Clone();
        var nodes = trained.Graph.Node.ToDictionary(Key, StringComparer.Ordinal);
        foreach (var node in result.Graph.Node.Where(n => nodes.ContainsKey(Key(n))))
        {
            // A weight that several nodes shared may have become one for each.
            node.Input.Clear();
            node.Input.AddRange(nodes[Key(node)].Input);
        }

        var places = Enumerable.Range(0, result.Graph.Initializer.Count).ToDictionary(i => result.Graph.Initializer[i].Name, StringComparer.Ordinal);
        foreach (var tensor in trained.Graph.Initializer)
        {
            if (places.TryGetValue(tensor.Name, out var place))
                result.Graph.Initializer[place] = tensor.Clone();
            else
                result.Graph.Initializer.Add(tensor.Clone());
        }

        return result;

        static string Key(NodeProto node) => node.Output.First(o => o.Length > 0);
    }

    // Losses are taken of scores: probabilities that the model makes of them are left off.
    private static ModelProto Scores(ModelProto model)
    {
        var output = model.Graph.Output.FirstOrDefault()?.Name ?? throw Wrong("the model has no output");
        var last = MakerOf(output);
        while (last is { OpType: "Identity" })
            last = MakerOf(last.Input[0]);
        if (last is { OpType: "Softmax", Domain: "" or "ai.onnx" } && model.Graph.Output.All(o => o.Name != last.Input[0]))
            return GraphSurgery.KeepOutputs(GraphSurgery.AddOutputs(model, last.Input[0]), [last.Input[0]]);
        return GraphSurgery.KeepOutputs(model, [output]);

        NodeProto? MakerOf(string value) => model.Graph.Node.FirstOrDefault(n => n.Output.Contains(value));
    }

    private static long[] ShapeOf(ValueInfoProto input)
    {
        if (input.Type?.TensorType is not { ElemType: (int)TensorProto.Types.DataType.Float, Shape.Dim: { Count: >= 2 } dimensions })
            throw Wrong($"its input '{input.Name}' must be of single precision and declare its dimensions, [N, …]");
        if (dimensions[0].HasDimValue && dimensions[0].DimValue > 0)
            throw Wrong($"its input '{input.Name}' takes exactly {dimensions[0].DimValue} examples at a time; export the model with a free first dimension");
        return dimensions.Skip(1).All(d => d is { HasDimValue: true, DimValue: > 0 })
            ? [.. dimensions.Skip(1).Select(d => d.DimValue)]
            : throw Wrong($"all dimensions of its input '{input.Name}' but the first must be fixed");
    }

    private static int CountOutputs(ModelProto forward, string input, long[] shape)
    {
        using var session = ModelSession.Load(forward);
        var zeros = new float[shape.Aggregate((long)TrialRows, (a, b) => checked(a * b))];
        try
        {
            var result = session.Run([Tensor.FromFloats(input, zeros, [TrialRows, .. shape])])[0];
            return result is { Datatype: TensorDatatype.FP32, Shape: [TrialRows, > 0 and var count] }
                ? (int)count
                : throw Wrong("its first output must be of single precision, [N, classes] or [N, 1]");
        }
        catch (InferenceFailedException e)
        {
            throw Wrong($"it does not run on {TrialRows} examples: {e.Message}");
        }
    }

    private static List<string> Match(List<string> weights, IReadOnlyList<string>? patterns)
    {
        if (weights.Count == 0)
            throw Wrong("the model has no layers whose weights are stored as initialisers of single precision");
        for (var i = 0; i < (patterns?.Count ?? 0); i++)
        {
            if (!weights.Exists(w => IsMatch(patterns![i], w)))
            {
                var known = string.Join(", ", weights.Take(NamesShown)) + (weights.Count > NamesShown ? $", … ({weights.Count} in all)" : "");
                throw new TrainingDataException($"train.fineTune.trainable[{i}]", $"matches none of the model's weights; they are {known}");
            }
        }

        return patterns is null ? weights : weights.FindAll(w => patterns.Any(p => IsMatch(p, w)));
    }

    private static bool IsMatch(string pattern, string name) => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);

    private static TrainingDataException Wrong(string detail) => new(ModelPath, detail);
}
