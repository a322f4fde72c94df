using System.Globalization;
using Iml4e.Inference.Onnx;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Gradients.Normalization;

/// <summary>
/// Finds types and shapes of all values by running the model: once, or twice with different sizes where dimensions are free, and again for each of several
/// free dimensions that would be taken for one another, for one of them may be 1 and broadcast where another is not.
/// </summary>
internal sealed class ShapeProbe
{
    private const int ImageRank = 4;

    // Sizes tried for free dimensions other than the first, smaller and larger: of images, and of all else.
    private static readonly (long Smaller, long Larger)[] ImageSizes = [(64, 96), (224, 256), (320, 416), (28, 32)];
    private static readonly (long Smaller, long Larger)[] OtherSizes = [(8, 12), (16, 24), (32, 48), (5, 7)];

    // The shapes of their results depend on the values they read.
    private static readonly HashSet<string> DataDependent =
        new(StringComparer.Ordinal) { "NonZero", "NonMaxSuppression", "Compress", "Unique", "Loop", "If", "StringSplit" };

    // Those that read the shape of their result from inputs, and from which.
    private static readonly Dictionary<string, int[]> ShapeInputs = new(StringComparer.Ordinal)
    {
        ["Reshape"] = [1], ["Expand"] = [1], ["Tile"] = [1], ["Slice"] = [1, 2, 3, 4], ["Pad"] = [1, 3], ["Resize"] = [1, 2, 3], ["Upsample"] = [1],
        ["Range"] = [0, 1, 2], ["ConstantOfShape"] = [0], ["OneHot"] = [1], ["TopK"] = [1], ["Split"] = [1], ["SplitToSequence"] = [1],
        ["Squeeze"] = [1], ["Unsqueeze"] = [1], ["CenterCropPad"] = [1], ["MaxUnpool"] = [2], ["AffineGrid"] = [1],
        ["HannWindow"] = [0], ["HammingWindow"] = [0], ["BlackmanWindow"] = [0], ["DFT"] = [1], ["STFT"] = [1, 3],
        ["ReduceSum"] = [1], ["ReduceMean"] = [1], ["ReduceMax"] = [1], ["ReduceMin"] = [1], ["ReduceProd"] = [1], ["ReduceSumSquare"] = [1],
        ["ReduceL1"] = [1], ["ReduceL2"] = [1], ["ReduceLogSum"] = [1], ["ReduceLogSumExp"] = [1],
    };

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
    private long _whole;

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
        var (first, second, attempt) = Attempt(session, free.Count > 0, out var failure);
        if (first is null)
        {
            // Zeros are no sizes: what is given as a shape may have to be 1 at least.
            _whole = 1;
            (first, second, attempt) = Attempt(session, free.Count > 0, out _);
        }

        if (first is null)
        {
            var input = free.Count > 0 ? free[0].Input.Name : _graph.Graph.Input.FirstOrDefault()?.Name ?? _graph.Graph.Name;
            throw new RankUnknownException(
                input, $"a trial run of the model on zeros failed ({PublicText.Message(failure!.Message)}); give the inputs' shapes in shapeHints", failure);
        }

        List<Shapes> apart = second is null ? [] : [.. Confusable(free).Select(symbol => Alone(session, attempt, symbol)).OfType<Shapes>()];
        second ??= first;
        if (free.Count > 0 && ReferenceEquals(first, second))
            Fix(first);
        foreach (var (name, (type, shape)) in first)
            facts[name] = new TensorFact(type, Extents(shape, second[name].Shape, [.. apart.Select(a => a[name].Shape)]));

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

    private (Shapes? First, Shapes? Second, int Attempt) Attempt(ModelSession session, bool isFree, out InferenceFailedException? failure)
    {
        if (!isFree)
            return (Try(session, new Trial(0, false), out failure), null, 0);
        failure = null;
        Shapes? alone = null;
        for (var attempt = 0; attempt < ImageSizes.Length; attempt++)
        {
            if (Try(session, new Trial(attempt, false), out var first) is not { } smaller)
            {
                failure ??= first;
                continue;
            }

            alone ??= smaller;
            if (Try(session, new Trial(attempt, true), out _) is { } larger)
                return (smaller, larger, attempt);
        }

        // It runs with one size only, whatever it declares: that size it is.
        return (alone, null, 0);
    }

    /// <summary>Symbols of free dimensions that have the sizes of another symbol's in both runs.</summary>
    private IEnumerable<string> Confusable(IEnumerable<(ValueInfoProto Input, int Axis)> free) => free
        .GroupBy(f => (Size(f.Input, f.Axis, new Trial(0, false)), Size(f.Input, f.Axis, new Trial(0, true))), f => Symbol(f.Input, f.Axis))
        .Select(g => g.Distinct(StringComparer.Ordinal).ToList()).Where(g => g.Count > 1).SelectMany(g => g);

    /// <summary>A run in which the dimensions of one symbol are smaller than all others, if the model runs so.</summary>
    private Shapes? Alone(ModelSession session, int attempt, string symbol) =>
        Try(session, new Trial(attempt, true, symbol), out _) ?? Try(session, new Trial(attempt, true, symbol, IsOne: true), out _);

    private static Extent[]? Extents(long[] first, long[] second, long[][] apart)
    {
        if (second.Length != first.Length || apart.Any(a => a.Length != first.Length))
            return null;
        return [.. first.Select((size, i) => new Extent(size, second[i], Trace([.. apart.Select(a => a[i] - second[i])])))];
    }

    // 0 where no run differs.
    private static long Trace(long[] differences) =>
        Array.TrueForAll(differences, d => d == 0) ? 0 : differences.Aggregate(17L, (trace, d) => unchecked((trace * 1_000_003) + d)) | 1;

    private Shapes? Try(ModelSession session, Trial trial, out InferenceFailedException? failure)
    {
        failure = null;
        var inputs = _graph.Graph.Input.Select(i => Values(i, trial)).ToList();
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

    private Tensor Values(string name, DataType type, long[] shape)
    {
        if (!TensorDatatypes.TryFromOnnx((int)type, out var datatype))
            throw new RankUnknownException(name, $"its element type {type} is not supported");
        var count = ShapeMath.TryCount(shape);
        if (count is < 0 or > 1 << 28)
            throw new RankUnknownException(name, $"its shape [{string.Join(',', shape)}] is too large");
        return datatype switch
        {
            TensorDatatype.Bytes => new Tensor(name, Enumerable.Repeat(Array.Empty<byte>(), (int)count).ToArray(), shape),
            TensorDatatype.Int64 => Tensor.FromInt64s(name, [.. Enumerable.Repeat(_whole, (int)count)], shape),
            _ => new Tensor(name, datatype, shape, new byte[count * datatype.ElementSize()]),
        };
    }

    private Tensor Values(ValueInfoProto input, Trial trial)
    {
        var shape = new long[input.Type.TensorType.Shape.Dim.Count];
        for (var i = 0; i < shape.Length; i++)
            shape[i] = Fixed(input, i) ?? Size(input, i, trial);
        return Values(input.Name, (DataType)input.Type.TensorType.ElemType, shape);
    }

    // A symbol means the same size everywhere: "N" is a batch wherever it stands, and "S" no image's height when it is the length of a sequence, too.
    private long Size(ValueInfoProto input, int axis, Trial trial)
    {
        var symbol = input.Type.TensorType.Shape.Dim[axis].DimParam;
        var larger = trial.Larger && trial.Lone != Symbol(input, axis);
        if (!larger && trial is { Larger: true, IsOne: true })
            return 1;
        if (axis == 0 || (symbol.Length > 0 && LeadsAnInput(symbol)))
            return larger ? 2 : 1;
        var ofImage = symbol.Length > 0 ? Places(symbol).All(p => IsOfImage(p.Input, p.Axis)) : IsOfImage(input, axis);
        var (small, large) = (ofImage ? ImageSizes : OtherSizes)[trial.Attempt];
        return larger ? large : small;
    }

    private static bool IsOfImage(ValueInfoProto input, int axis) => axis >= 2 && input.Type.TensorType.Shape.Dim.Count == ImageRank;

    private IEnumerable<(ValueInfoProto Input, int Axis)> Places(string symbol) =>
        _graph.Graph.Input.SelectMany(FreeDimensions).Where(f => f.Input.Type.TensorType.Shape.Dim[f.Axis].DimParam == symbol);

    // A dimension without a name is one of its own.
    private static string Symbol(ValueInfoProto input, int axis) =>
        input.Type.TensorType.Shape.Dim[axis].DimParam is { Length: > 0 } name ? name : string.Create(CultureInfo.InvariantCulture, $"{input.Name}\0{axis}");

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
        // Values that follow from what the model is given, and those whose shapes do.
        var given = _graph.Graph.Input.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        var hidden = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in _graph.Graph.Node)
        {
            var reads = GraphScopes.Reads(node).ToList();
            var isHidden = DataDependent.Contains(node.OpType) || reads.Any(hidden.Contains) || ReadsShape(node).Any(given.Contains);
            if (isHidden || (!node.Is("Shape", "Size") && reads.Any(given.Contains)))
                given.UnionWith(node.Output);
            if (!isHidden)
                continue;
            hidden.UnionWith(node.Output);
            foreach (var output in node.Output.Where(facts.ContainsKey))
                facts[output] = facts[output] with { Shape = facts[output].Shape is { } shape ? Array.ConvertAll(shape, _ => Extent.Unknown) : null };
        }
    }

    private static IEnumerable<string> ReadsShape(NodeProto node) =>
        ShapeInputs.GetValueOrDefault(node.OpType)?.Where(i => i < node.Input.Count && node.Input[i].Length > 0).Select(i => node.Input[i]) ?? [];

    /// <summary>Sizes to try.</summary>
    /// <param name="Attempt">Which pair of sizes.</param>
    /// <param name="Larger">Whether free dimensions have the larger of them.</param>
    /// <param name="Lone">The symbol whose dimensions have the smaller one all the same.</param>
    /// <param name="IsOne">Whether that is 1.</param>
    private readonly record struct Trial(int Attempt, bool Larger, string? Lone = null, bool IsOne = false);

    private sealed class Shapes(IEqualityComparer<string> comparer) : Dictionary<string, (DataType Type, long[] Shape)>(comparer);
}
