using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Onnx;

/// <summary>
/// The values of a graph that the file alone tells: constants, fixed shapes, and what is reckoned from those by the few operators that sizes, conditions and
/// numbers of rounds are commonly made with. What is not certain is not known.
/// </summary>
internal sealed class KnownValues(KnownValues? outer)
{
    private const int MostValues = 64;

    // Beyond it a double is no exact integer any more, and a 64-bit one may have wrapped around.
    private const double LargestExact = 1L << 53;
    private static readonly Known Unknown = new(DataType.Undefined, null, null);

    private static readonly Dictionary<string, Func<double, double, double>> Pairs = new(StringComparer.Ordinal)
    {
        ["Add"] = (a, b) => a + b, ["Sub"] = (a, b) => a - b, ["Mul"] = (a, b) => a * b, ["Div"] = (a, b) => a / b, ["Pow"] = Math.Pow,
        ["Max"] = Math.Max, ["Min"] = Math.Min,
        ["And"] = (a, b) => Bit(a != 0 && b != 0), ["Or"] = (a, b) => Bit(a != 0 || b != 0), ["Xor"] = (a, b) => Bit(a != 0 != (b != 0)),
        ["Equal"] = (a, b) => Bit(a == b), ["Less"] = (a, b) => Bit(a < b), ["LessOrEqual"] = (a, b) => Bit(a <= b),
        ["Greater"] = (a, b) => Bit(a > b), ["GreaterOrEqual"] = (a, b) => Bit(a >= b),
    };

    private static readonly HashSet<string> Conditions = new(StringComparer.Ordinal) { "And", "Or", "Xor", "Not", "Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual" };

    private readonly KnownValues? _outer = outer;
    private readonly Dictionary<string, Known> _known = new(StringComparer.Ordinal);

    /// <summary>What is known of a value of this graph or of one around it; null when nothing is.</summary>
    internal Known? Find(string name)
    {
        for (var scope = this; scope is not null; scope = scope._outer)
        {
            if (scope._known.TryGetValue(name, out var known))
                return known;
        }

        return null;
    }

    /// <summary>What is known of an input of a node.</summary>
    internal Known? Find(NodeProto node, int input) => input < node.Input.Count && node.Input[input].Length > 0 ? Find(node.Input[input]) : null;

    /// <summary>Keeps a stored tensor.</summary>
    internal void Store(TensorProto tensor) => _known.TryAdd(tensor.Name, Read(tensor));

    /// <summary>Keeps the shape that an input of the model must have.</summary>
    internal void Declare(ValueInfoProto input)
    {
        if (input.Type?.TensorType is { Shape: { } shape } tensor)
            _known.TryAdd(input.Name, new Known((DataType)tensor.ElemType, [.. shape.Dim.Select(d => d.HasDimValue ? Math.Max(-1, d.DimValue) : -1)], null));
    }

    /// <summary>Keeps what holds for a value for a reason that is not in the graph.</summary>
    internal void Assume(string name, Known known) => _known[name] = known;

    /// <summary>Keeps what a node makes, when that can be told; nodes come in the order in which they run.</summary>
    /// <returns>Whether its values are known, so that nothing is left to run.</returns>
    internal bool Follow(NodeProto node)
    {
        // What a function is given by its caller is not followed.
        var known = node.Output.Count == 1 && OperatorDomains.Normalize(node.Domain) == OperatorDomains.Standard && node.Attribute.All(a => a.RefAttrName.Length == 0)
            ? Reckon(node)
            : null;
        if (known is not null)
            _known[node.Output[0]] = known;
        else
            Hide(node.Output);
        return known?.Values is not null;
    }

    /// <summary>Keeps that nothing is known of values here, whatever those of the same names around are.</summary>
    internal void Hide(IEnumerable<string> names)
    {
        if (_outer is null)
            return;
        foreach (var name in names)
            _known[name] = Unknown;
    }

    private Known? Reckon(NodeProto node) => node.OpType switch
    {
        "Constant" => Constant(node),
        "Identity" => Find(node, 0),
        "Cast" => Cast(Find(node, 0), (DataType)(Attribute(node, "to")?.I ?? 0)),
        "Squeeze" or "Unsqueeze" or "Reshape" or "Flatten" => Reshaped(node, Find(node, 0)),
        "Shape" when node.Attribute.Count == 0 && Find(node, 0) is { Shape: { } shape } =>
            Line(DataType.Int64, Array.TrueForAll(shape, d => d >= 0) ? Doubles(shape) : null, shape.Length),
        "Size" when Find(node, 0) is { Shape: { } shape } known && Array.TrueForAll(shape, d => d >= 0) => Exact(DataType.Int64, [], [known.Elements]),
        "Gather" => Gather(node),
        "Concat" => Concat(node),
        "Not" or "Neg" or "Abs" when Find(node, 0) is { Values: { } values } known =>
            known with { Values = Array.ConvertAll(values, v => node.OpType == "Not" ? Bit(v == 0) : node.OpType == "Neg" ? -v : Math.Abs(v)) },
        "ReduceProd" or "ReduceSum" or "ReduceMax" or "ReduceMin" => Reduce(node),
        "ConstantOfShape" => Filled(node),
        "Range" when Find(node, 0) is { Single: { } start } first && Find(node, 1)?.Single is { } limit && Find(node, 2)?.Single is { } step && step != 0 =>
            Sized(first.Type, [Math.Max(0, Math.Ceiling((limit - start) / step))]),
        _ when node.Input.Count == 2 && Pairs.TryGetValue(node.OpType, out var pair) => Pair(node, pair),
        _ => null,
    };

    private static Known? Constant(NodeProto node) => node.Attribute is not [var attribute]
        ? null
        : attribute.Name switch
        {
            "value" when attribute.T is { } tensor => Read(tensor),
            "value_int" => new Known(DataType.Int64, [], [attribute.I]),
            "value_float" => new Known(DataType.Float, [], [attribute.F]),
            "value_ints" => Line(DataType.Int64, [.. attribute.Ints.Select(i => (double)i)], attribute.Ints.Count),
            "value_floats" => Line(DataType.Float, [.. attribute.Floats.Select(f => (double)f)], attribute.Floats.Count),
            _ => null,
        };

    private static Known? Cast(Known? known, DataType to)
    {
        if (known is null)
            return null;
        if (known.Values is not { } values || to == DataType.String)
            return new Known(to, known.Shape, null);
        if (to == DataType.Bool)
            return new Known(to, known.Shape, Array.ConvertAll(values, v => Bit(v != 0)));
        return IsInteger(to) && !IsInteger(known.Type) ? Exact(to, known.Shape, Array.ConvertAll(values, Math.Truncate)) : new Known(to, known.Shape, values);
    }

    // The elements stay; their shape is followed only between single numbers and lines of them.
    private Known? Reshaped(NodeProto node, Known? known) => (node.OpType, known) switch
    {
        (_, null) => null,
        ("Squeeze", { Shape: [1] }) => known with { Shape = [] },
        ("Unsqueeze", { Shape: [] }) when Attribute(node, "axes")?.Ints.Count == 1 || Find(node, 1)?.Values is [_] => known with { Shape = [1] },
        ("Reshape", { Values: { } values }) when Find(node, 1)?.Values is [_] => known with { Shape = [values.Length] },
        _ => known with { Shape = null },
    };

    private Known? Gather(NodeProto node)
    {
        if ((Attribute(node, "axis")?.I ?? 0) != 0 || Find(node, 0) is not { Shape: [_], Values: { } values } from || Find(node, 1) is not { Values: { } indices } at)
            return null;
        var taken = new double[indices.Length];
        for (var i = 0; i < taken.Length; i++)
        {
            var index = indices[i] < 0 ? indices[i] + values.Length : indices[i];
            if (!(index >= 0 && index < values.Length))
                return null;
            taken[i] = values[(int)index];
        }

        return new Known(from.Type, at.Shape, taken);
    }

    private Known? Concat(NodeProto node)
    {
        var all = new List<double>();
        var type = DataType.Undefined;
        for (var i = 0; i < node.Input.Count; i++)
        {
            if (Find(node, i) is not { Shape: [_], Values: { } values } part || all.Count + values.Length > MostValues)
                return null;
            all.AddRange(values);
            type = part.Type;
        }

        return Line(type, [.. all], all.Count);
    }

    private Known? Reduce(NodeProto node)
    {
        if (Find(node, 0) is not { Values: { Length: > 0 } values, Shape: { } shape } known
            || (shape.Length > 1 && (node.Input.Count > 1 || Attribute(node, "axes") is not null)))
            return null;
        var reduced = node.OpType switch
        {
            "ReduceProd" => values.Aggregate(1.0, (a, b) => a * b),
            "ReduceSum" => values.Sum(),
            "ReduceMax" => values.Max(),
            _ => values.Min(),
        };
        return Exact(known.Type, null, [reduced]);
    }

    private Known? Filled(NodeProto node)
    {
        if (Find(node, 0)?.Values is not { } sizes)
            return null;
        var fill = Attribute(node, "value")?.T is { } tensor ? Read(tensor) : new Known(DataType.Float, [1], [0]);
        var made = Sized(fill.Type, sizes);
        return made is { Elements: <= MostValues } && fill.Single is { } value ? made with { Values = [.. Enumerable.Repeat(value, (int)made.Elements)] } : made;
    }

    private Known? Pair(NodeProto node, Func<double, double, double> pair)
    {
        if (Find(node, 0) is not { Values: { } left } first || Find(node, 1) is not { Values: { } right } second
            || (left.Length != right.Length && left.Length != 1 && right.Length != 1))
            return null;
        var result = new double[left.Length == 1 ? right.Length : left.Length];
        for (var i = 0; i < result.Length; i++)
            result[i] = pair(left[left.Length == 1 ? 0 : i], right[right.Length == 1 ? 0 : i]);
        var shape = first.Shape is { } a && second.Shape is { } b && a.Length <= 1 && b.Length <= 1
            ? (a.Length == 1 || b.Length == 1 ? [result.Length] : Array.Empty<long>()) : null;
        if (Conditions.Contains(node.OpType))
            return new Known(DataType.Bool, shape, result);
        return Exact(first.Type, shape, IsInteger(first.Type) ? Array.ConvertAll(result, Math.Truncate) : result);
    }

    private static Known Read(TensorProto tensor)
    {
        var shape = tensor.Dims.ToArray();
        var type = (DataType)tensor.DataType;
        var small = type != DataType.String && TensorDatatypes.TryFromOnnx(tensor.DataType, out _) && ShapeMath.TryCount(shape) is >= 0 and <= MostValues;
        return new Known(type, shape, small ? TensorProtos.Read(tensor).ToDoubles() : null);
    }

    private static Known? Sized(DataType type, double[] sizes) =>
        Array.TrueForAll(sizes, s => s is >= 0 and <= LargestExact) ? new Known(type, Array.ConvertAll(sizes, s => (long)s), null) : null;

    private static Known? Exact(DataType type, long[]? shape, double[] values) =>
        Array.TrueForAll(values, v => Math.Abs(v) <= LargestExact) ? new Known(type, shape, values) : null;

    private static Known Line(DataType type, double[]? values, long length) => new(type, [length], values is { Length: <= MostValues } ? values : null);

    private static AttributeProto? Attribute(NodeProto node, string name) => node.Attribute.FirstOrDefault(a => a.Name == name);

    private static bool IsInteger(DataType type) => type is DataType.Int64 or DataType.Int32 or DataType.Int16 or DataType.Int8
        or DataType.Uint64 or DataType.Uint32 or DataType.Uint16 or DataType.Uint8 or DataType.Bool;

    private static double[] Doubles(long[] numbers) => Array.ConvertAll(numbers, n => (double)n);

    private static double Bit(bool value) => value ? 1 : 0;
}
