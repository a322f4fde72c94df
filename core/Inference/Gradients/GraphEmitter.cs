using System.Globalization;
using System.Text;
using Google.Protobuf;
using Iml4e.Inference.Gradients.Normalization;
using Iml4e.Inference.Onnx;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Gradients;

/// <summary>
/// Appends nodes to a graph. Equal nodes and equal constants are written once, those of the model itself included; operations without effect are not
/// written; the same calls give the same names.
/// </summary>
internal sealed class GraphEmitter
{
    private static readonly HashSet<string> Random = new(StringComparer.Ordinal)
    {
        "RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli", "Dropout",
    };

    private readonly WorkingGraph _graph;
    private readonly Dictionary<string, TensorFact> _facts;
    private readonly Dictionary<string, string[]> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _constants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double[]> _numbers = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ones = new(StringComparer.Ordinal);
    private readonly string _prefix;
    private int _count;

    /// <summary>Begins to write after what the graph has.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="facts">What is known of its values; what is written is added.</param>
    internal GraphEmitter(WorkingGraph graph, Dictionary<string, TensorFact> facts)
    {
        (_graph, _facts) = (graph, facts);
        var taken = graph.Graph.Node.SelectMany(n => n.Output).ToList();
        _prefix = "__g/";
        for (var i = 2; taken.Exists(t => t.StartsWith(_prefix, StringComparison.Ordinal)); i++)
            _prefix = string.Create(CultureInfo.InvariantCulture, $"__g{i}/");
        foreach (var node in graph.Graph.Node.Where(n => !Random.Contains(n.OpType) && n.Output.Count > 0 && !GraphScopes.Subgraphs(n).Any()))
            _nodes.TryAdd(Key(node.OpType, OperatorDomains.Normalize(node.Domain), node.Input, node.Attribute, node.Output.Count), [.. node.Output]);
    }

    /// <summary>The value of a name.</summary>
    internal Term Value(string name) => new(this, name);

    /// <summary>What is known of a value.</summary>
    /// <exception cref="RankUnknownException">Nothing is.</exception>
    internal TensorFact Fact(string name) => _facts.GetValueOrDefault(name) ?? throw new RankUnknownException(name, "no trial run computed it");

    /// <summary>Whether the value is the constant 1.</summary>
    internal bool IsOne(Term term) => _ones.Contains(term.Name);

    /// <summary>The elements of a constant written here or stored in the model; null for any other value and for large ones.</summary>
    internal double[]? Numbers(Term term) => _numbers.GetValueOrDefault(term.Name);

    /// <summary>Makes the elements of a stored tensor known to <see cref="Numbers"/>.</summary>
    internal void Know(string name, double[] numbers) => _numbers[name] = numbers;

    /// <summary>Adds what is known of a value that the graph got otherwise.</summary>
    internal void Know(string name, TensorFact fact) => _facts[name] = fact;

    /// <summary>A scalar.</summary>
    internal Term Scalar(double value, DataType type) => type switch
    {
        DataType.Double => Constant(Tensor.FromDoubles("", [value])),
        DataType.Int64 => Constant(Tensor.FromInt64s("", [(long)value])),
        DataType.Int32 => Constant(Tensor.FromInt32s("", [(int)value])),
        DataType.Bool => Constant(Tensor.FromBools("", [value != 0])),
        _ => Constant(Tensor.FromFloats("", [(float)value])),
    };

    /// <summary>A vector of integers.</summary>
    internal Term Ints(params ReadOnlySpan<long> values) => Constant(Tensor.FromInt64s("", values, values.Length));

    /// <summary>A tensor of real numbers.</summary>
    internal Term Reals(double[] values, DataType type, params long[] shape) =>
        Constant(type == DataType.Double ? Tensor.FromDoubles("", values, shape) : Tensor.FromFloats("", Array.ConvertAll(values, v => (float)v), shape));

    /// <summary>A constant; equal ones are stored once.</summary>
    internal Term Constant(Tensor value)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"{value.Datatype}[{string.Join(',', value.Shape)}]") + Convert.ToBase64String(value.Data.Span);
        if (_constants.TryGetValue(key, out var name))
            return new Term(this, name);
        name = _graph.Store(value.WithName(string.Create(CultureInfo.InvariantCulture, $"{_prefix}constant_{_constants.Count}")));
        _constants[key] = name;
        _facts[name] = new TensorFact(value.Datatype.ToOnnx(), Array.ConvertAll(value.Shape, d => (Extent)d));
        var numbers = value.ToDoubles();
        _numbers[name] = numbers;
        if (numbers is [1] && value.Shape.Length == 0)
            _ones.Add(name);
        return new Term(this, name);
    }

    /// <summary>An operation of one input, elementwise and of the same type.</summary>
    internal Term One(string op, Term x, params ReadOnlySpan<AttributeProto> attributes) => Node(op, [x.Name], x.Fact, attributes);

    /// <summary>An operation of two inputs, elementwise and of the same type.</summary>
    internal Term Pair(string op, Term a, Term b) => Node(op, [a.Name, b.Name], new TensorFact(a.Fact.Type, TensorFact.Broadcast(a.Fact.Shape, b.Fact.Shape)));

    /// <summary>A comparison or logical operation.</summary>
    internal Term Compare(string op, Term a, Term b) =>
        Node(op, [a.Name, b.Name], new TensorFact(DataType.Bool, TensorFact.Broadcast(a.Fact.Shape, b.Fact.Shape)));

    /// <summary>The same values broadcast against those of another, if that has any effect.</summary>
    internal Term Widened(Term term, Term against)
    {
        var shape = TensorFact.Broadcast(term.Fact.Shape, against.Fact.Shape);
        return term.Fact.IsShapedLike(new TensorFact(term.Fact.Type, shape)) ? term : Pair("Mul", term, against);
    }

    /// <summary>Writes a node of one output.</summary>
    internal Term Node(string op, ReadOnlySpan<string> inputs, TensorFact fact, params ReadOnlySpan<AttributeProto> attributes) =>
        Nodes(op, inputs, [fact], attributes)[0];

    /// <summary>Writes a node of several outputs.</summary>
    internal Term[] Nodes(string op, ReadOnlySpan<string> inputs, TensorFact[] facts, params ReadOnlySpan<AttributeProto> attributes)
    {
        var node = new NodeProto { OpType = op };
        foreach (var input in inputs)
            node.Input.Add(input);
        foreach (var attribute in attributes)
            node.Attribute.Add(attribute);
        var key = Key(op, "", node.Input, node.Attribute, facts.Length);
        if (!_nodes.TryGetValue(key, out var names))
        {
            names = new string[facts.Length];
            for (var i = 0; i < names.Length; i++)
            {
                names[i] = _graph.Fresh(string.Create(CultureInfo.InvariantCulture, $"{_prefix}{op}_{_count++}"));
                _facts[names[i]] = facts[i];
            }

            node.Name = names[0];
            node.Output.Add(names);
            _graph.Graph.Node.Add(node);
            _nodes[key] = names;
        }

        return Array.ConvertAll(names, n => new Term(this, n));
    }

    private static string Key(string op, string domain, IEnumerable<string> inputs, IEnumerable<AttributeProto> attributes, int outputs)
    {
        var key = new StringBuilder(op).Append('\n').Append(domain).Append('\n').Append(outputs);
        foreach (var input in inputs)
            key.Append('\n').Append(input);
        foreach (var attribute in attributes.OrderBy(a => a.Name, StringComparer.Ordinal))
            key.Append('\n').Append(attribute.ToByteString().ToBase64());
        return key.ToString();
    }
}
