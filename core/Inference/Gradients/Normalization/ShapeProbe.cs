using System.Globalization;
using Iml4e.Inference.Onnx;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Gradients.Normalization;

/// <summary>Finds types and shapes of all values by running the model: once, or twice with different sizes where dimensions are free.</summary>
internal sealed class ShapeProbe
{
    private const int ImageRank = 4;

    // Sizes tried for free dimensions other than the first, smaller and larger: of images, and of all else.
    private static readonly (long Smaller, long Larger)[] ImageSizes = [(64, 96), (224, 256), (320, 416), (28, 32)];
    private static readonly (long Smaller, long Larger)[] OtherSizes = [(8, 12), (16, 24), (32, 48), (5, 7)];

    // The shapes of their results depend on the values they read.
    private static readonly HashSet<string> DataDependent =
        new(StringComparer.Ordinal) { "NonZero", "NonMaxSuppression", "Compress", "Unique", "Loop", "If", "StringSplit" };

    private static readonly HashSet<string> Sequences = new(StringComparer.Ordinal)
    {
        "SequenceConstruct", "SequenceEmpty", "SplitToSequence", "SequenceInsert", "SequenceErase", "SequenceMap", "Optional",
    };

    private static readonly SessionSettings Settings = new()
    {
        Optimization = GraphOptimization.None, LongestRun = TimeSpan.FromSeconds(20), Limits = ModelLimits.Default with { MaximumInterface = 100_000 },
    };

    private readonly WorkingGraph _graph;
    private readonly IReadOnlyDictionary<string, long[]>? _hints;
    private readonly string[] _outputs;

    private ShapeProbe(WorkingGraph graph, IReadOnlyDictionary<string, long[]>? hints)
    {
        (_graph, _hints) = (graph, hints);
        _outputs = [.. graph.Graph.Node.Where(n => !Sequences.Contains(n.OpType)).SelectMany(n => n.Output).Where(o => o.Length > 0)];
    }

    /// <summary>Runs the model.</summary>
    /// <param name="graph">The model.</param>
    /// <param name="hints">Shapes of inputs; a positive size fixes a dimension, -1 leaves it free.</param>
    /// <returns>What was found for every input, stored tensor and result of a node.</returns>
    /// <exception cref="RankUnknownException">The model does not run with any of the sizes tried.</exception>
    internal static Dictionary<string, TensorFact> Run(WorkingGraph graph, IReadOnlyDictionary<string, long[]>? hints) => new ShapeProbe(graph, hints).Run();

    private Dictionary<string, TensorFact> Run()
    {
        var facts = new Dictionary<string, TensorFact>(StringComparer.Ordinal);
        foreach (var tensor in _graph.Graph.Initializer)
            facts[tensor.Name] = new TensorFact((DataType)tensor.DataType, [.. tensor.Dims.Select(d => (Extent)d)]);
        foreach (var input in _graph.Graph.Input)
            CheckInput(input);
        var free = _graph.Graph.Input.SelectMany(FreeDimensions).ToList();
        using var session = Load();
        var (first, second) = free.Count == 0 ? (Try(session, 0, larger: false, out var failure), null) : Both(session, out failure);
        if (first is null)
        {
            var input = free.Count > 0 ? free[0].Input.Name : _graph.Graph.Input.FirstOrDefault()?.Name ?? _graph.Graph.Name;
            throw new RankUnknownException(
                input, $"a trial run of the model on zeros failed ({PublicText.Message(failure!.Message)}); give the inputs' shapes in shapeHints", failure);
        }

        second ??= first;
        if (free.Count > 0 && ReferenceEquals(first, second))
            Fix(first);
        foreach (var (name, (type, shape)) in first)
        {
            var other = second[name].Shape;
            facts[name] = new TensorFact(type, other.Length == shape.Length ? [.. shape.Zip(other, (a, b) => new Extent(a, b))] : null);
        }

        HideDataDependent(facts);
        return facts;
    }

    private ModelSession Load()
    {
        var model = _graph.Model.Clone();
        model.Graph.Output.Clear();
        model.Graph.Output.AddRange(_outputs.Select(o => new ValueInfoProto { Name = o }));
        return ModelSession.Load(model, Settings);
    }

    private (Shapes? First, Shapes? Second) Both(ModelSession session, out InferenceFailedException? failure)
    {
        failure = null;
        Shapes? alone = null;
        for (var attempt = 0; attempt < ImageSizes.Length; attempt++)
        {
            if (Try(session, attempt, larger: false, out var first) is not { } smaller)
            {
                failure ??= first;
                continue;
            }

            alone ??= smaller;
            if (Try(session, attempt, larger: true, out _) is { } larger)
                return (smaller, larger);
        }

        // It runs with one size only, whatever it declares: that size it is.
        return (alone, null);
    }

    private Shapes? Try(ModelSession session, int attempt, bool larger, out InferenceFailedException? failure)
    {
        failure = null;
        var inputs = _graph.Graph.Input.Select(i => Zeros(i, attempt, larger)).ToList();
        var shapes = new Shapes(StringComparer.Ordinal);
        foreach (var input in inputs)
            shapes[input.Name] = (input.Datatype.ToOnnx(), input.Shape);
        if (_outputs.Length == 0)
            return shapes;
        try
        {
            using var results = session.RunInPlace(inputs);
            foreach (var result in results)
                shapes[result.Name] = (result.Datatype.ToOnnx(), result.Shape);
            return shapes;
        }
        catch (InferenceFailedException e)
        {
            failure = e;
            return null;
        }
    }

    private static Tensor Zeros(string name, DataType type, long[] shape)
    {
        if (!TensorDatatypes.TryFromOnnx((int)type, out var datatype))
            throw new RankUnknownException(name, $"its element type {type} is not supported");
        var count = ShapeMath.TryCount(shape);
        if (count is < 0 or > 1 << 28)
            throw new RankUnknownException(name, $"its shape [{string.Join(',', shape)}] is too large");
        return datatype == TensorDatatype.Bytes
            ? new Tensor(name, Enumerable.Repeat(Array.Empty<byte>(), (int)count).ToArray(), shape)
            : new Tensor(name, datatype, shape, new byte[count * datatype.ElementSize()]);
    }

    private Tensor Zeros(ValueInfoProto input, int attempt, bool larger)
    {
        var dimensions = input.Type.TensorType.Shape.Dim;
        var shape = new long[dimensions.Count];
        for (var i = 0; i < shape.Length; i++)
            shape[i] = Fixed(input, i) ?? Guess(dimensions[i], i, shape.Length, attempt, larger);
        return Zeros(input.Name, (DataType)input.Type.TensorType.ElemType, shape);
    }

    // A symbol means the same size everywhere: "N" is a batch wherever it stands.
    private long Guess(TensorShapeProto.Types.Dimension dimension, int axis, int rank, int attempt, bool larger)
    {
        if (axis == 0 || (dimension.DimParam.Length > 0 && LeadsAnInput(dimension.DimParam)))
            return larger ? 2 : 1;
        var (small, large) = (rank == ImageRank && axis >= 2 ? ImageSizes : OtherSizes)[attempt];
        return larger ? large : small;
    }

    private bool LeadsAnInput(string symbol) =>
        _graph.Graph.Input.Any(i => i.Type.TensorType.Shape.Dim is { Count: > 0 } dims && dims[0].DimParam == symbol && Fixed(i, 0) is null);

    private long? Fixed(ValueInfoProto input, int axis)
    {
        var dimension = input.Type.TensorType.Shape.Dim[axis];
        if (dimension.HasDimValue && dimension.DimValue > 0)
            return dimension.DimValue;
        return _hints is not null && _hints.TryGetValue(input.Name, out var hint) && hint[axis] > 0 ? hint[axis] : null;
    }

    private IEnumerable<(ValueInfoProto Input, int Axis)> FreeDimensions(ValueInfoProto input) =>
        Enumerable.Range(0, input.Type.TensorType.Shape.Dim.Count).Where(i => Fixed(input, i) is null).Select(i => (input, i));

    private void CheckInput(ValueInfoProto input)
    {
        if (input.Type?.TensorType is not { } tensor)
            throw new RankUnknownException(input.Name, "it is not a tensor");
        var hint = _hints?.GetValueOrDefault(input.Name);
        if (tensor.Shape is null)
        {
            if (hint is null)
                throw new RankUnknownException(input.Name, "the model does not declare its dimensions; give them in shapeHints");
            tensor.Shape = new TensorShapeProto();
            tensor.Shape.Dim.AddRange(hint.Select(d => d > 0 ? new Dim(d).ToProto() : new TensorShapeProto.Types.Dimension()));
        }

        if (hint is null)
            return;
        var declared = tensor.Shape.Dim;
        if (hint.Length != declared.Count || declared.Where((d, i) => d.HasDimValue && d.DimValue > 0 && hint[i] > 0 && hint[i] != d.DimValue).Any())
        {
            throw new GradientRequestException(
                "shapeHints", $"the shape [{string.Join(',', hint)}] given for input {PublicText.Name(input.Name)} does not fit the one that the model "
                + $"declares: [{string.Join(',', declared.Select(d => d.HasDimValue ? d.DimValue.ToString(CultureInfo.InvariantCulture) : "?"))}]");
        }

        for (var i = 0; i < hint.Length; i++)
        {
            if (hint[i] > 0)
                declared[i] = new Dim(hint[i]).ToProto();
        }
    }

    private void Fix(Shapes shapes)
    {
        foreach (var input in _graph.Graph.Input)
        {
            for (var i = 0; i < input.Type.TensorType.Shape.Dim.Count; i++)
                input.Type.TensorType.Shape.Dim[i] = new Dim(shapes[input.Name].Shape[i]).ToProto();
        }
    }

    /// <summary>Zeros are one case of many: what follows from the data is not taken for fixed.</summary>
    private void HideDataDependent(Dictionary<string, TensorFact> facts)
    {
        var tainted = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in _graph.Graph.Node)
        {
            if (!DataDependent.Contains(node.OpType) && !GraphScopes.Reads(node).Any(tainted.Contains))
                continue;
            tainted.UnionWith(node.Output);
            foreach (var output in node.Output.Where(facts.ContainsKey))
                facts[output] = facts[output] with { Shape = facts[output].Shape is { } shape ? Array.ConvertAll(shape, _ => Extent.Unknown) : null };
        }
    }

    private sealed class Shapes(IEqualityComparer<string> comparer) : Dictionary<string, (DataType Type, long[] Shape)>(comparer);
}
