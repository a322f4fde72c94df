using System.Globalization;

namespace Iml4e.Inference.Onnx;

/// <summary>Writes an ONNX graph node by node; the same calls give the same bytes.</summary>
/// <remarks>
/// Values are referred to by name; each adding method returns the name it gave. Wanted names are made unique by a suffix; the names of
/// inputs and outputs are kept as asked, because callers depend on them. Domains are imported when first used.
/// </remarks>
/// <example>
/// <code>
/// var g = new GraphBuilder("linear");
/// var x = g.Input("x", TensorDatatype.FP32, "N", 3);
/// var y = g.Node("MatMul", [x, g.Initializer("w", [1f, 2f, 3f], 3, 1)]);
/// g.Output("prediction", y, TensorDatatype.FP32, "N", 1);
/// byte[] onnx = GraphSurgery.Serialize(g.Build());
/// </code>
/// </example>
public sealed class GraphBuilder
{
    private readonly GraphProto _graph;
    private readonly HashSet<string> _names;
    private readonly HashSet<string> _visible = new(StringComparer.Ordinal);
    private readonly HashSet<string> _outputs = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _opsets;
    private readonly SortedDictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly GraphBuilder? _parent;
    private readonly long _irVersion;

    /// <summary>Begins a graph.</summary>
    /// <param name="name">Name of the graph.</param>
    /// <param name="opset">Version of the standard operators.</param>
    /// <param name="machineLearningOpset">Version of ai.onnx.ml, imported only if used.</param>
    /// <param name="irVersion">Version of the file format; 8 belongs to opset 15 to 18.</param>
    public GraphBuilder(string name = "model", int opset = 17, int machineLearningOpset = 3, int irVersion = 8)
    {
        _graph = new GraphProto { Name = name };
        _names = new HashSet<string>(StringComparer.Ordinal);
        _irVersion = irVersion;
        Opset = opset;
        MachineLearningOpset = machineLearningOpset;
        _opsets = new SortedDictionary<string, long>(StringComparer.Ordinal) { [OperatorDomains.Standard] = opset };
    }

    private GraphBuilder(GraphBuilder parent, string name)
    {
        _graph = new GraphProto { Name = name };
        (_parent, _names, _opsets, _irVersion) = (parent, parent._names, parent._opsets, parent._irVersion);
        (Opset, MachineLearningOpset) = (parent.Opset, parent.MachineLearningOpset);
    }

    /// <summary>Version of the standard operators.</summary>
    public int Opset { get; }

    /// <summary>Version of the machine learning operators.</summary>
    public int MachineLearningOpset { get; }

    /// <summary>A free name: the wanted one, or the wanted one with the lowest free suffix. It is taken from then on.</summary>
    public string UniqueName(string wanted)
    {
        ArgumentException.ThrowIfNullOrEmpty(wanted);
        var name = wanted;
        for (var i = 1; !_names.Add(name); i++)
            name = string.Create(CultureInfo.InvariantCulture, $"{wanted}_{i}");
        return name;
    }

    /// <summary>Declares an input; the name is kept.</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public string Input(string name, TensorDatatype datatype, params ReadOnlySpan<Dim> shape)
    {
        Take(name);
        _graph.Input.Add(Value(name, datatype, shape));
        _visible.Add(name);
        return name;
    }

    /// <summary>Declares an output under the value's own name.</summary>
    /// <exception cref="ArgumentException">There is no such value, or it is an output already.</exception>
    public void Output(string value, TensorDatatype datatype, params ReadOnlySpan<Dim> shape)
    {
        Require(value, "output");
        if (!_outputs.Add(value))
            throw new ArgumentException($"'{value}' is an output already", nameof(value));
        _graph.Output.Add(Value(value, datatype, shape));
    }

    /// <summary>Declares an output under a name of its own.</summary>
    /// <exception cref="ArgumentException">There is no such value, or the name is taken.</exception>
    public void Output(string name, string value, TensorDatatype datatype, params ReadOnlySpan<Dim> shape)
    {
        if (name != value)
        {
            Require(value, "output " + name);
            Take(name);
            _graph.Node.Add(new NodeProto { OpType = "Identity", Name = "output_" + name, Input = { value }, Output = { name } });
            _visible.Add(name);
        }

        Output(name, datatype, shape);
    }

    /// <summary>Adds a node of one output and returns the output's name.</summary>
    /// <param name="op">Operator, such as "Gemm".</param>
    /// <param name="inputs">Names of the values that it reads; "" for an optional one left out.</param>
    /// <param name="attributes">Attributes, see <see cref="Attr"/>.</param>
    /// <param name="domain">Operator set; see <see cref="OperatorDomains"/>.</param>
    /// <param name="output">Wanted name of the output; by default the operator's in lower case.</param>
    /// <exception cref="ArgumentException">An input is not defined yet.</exception>
    public string Node(string op, ReadOnlySpan<string> inputs, ReadOnlySpan<AttributeProto> attributes = default, string domain = "", string? output = null) =>
        Nodes(op, inputs, [output ?? op.ToLowerInvariant()], attributes, domain)[0];

    /// <summary>Adds a node of several outputs and returns their names; "" stands for an optional output left out.</summary>
    /// <exception cref="ArgumentException">An input is not defined yet.</exception>
    public string[] Nodes(string op, ReadOnlySpan<string> inputs, ReadOnlySpan<string> outputs, ReadOnlySpan<AttributeProto> attributes = default, string domain = "")
    {
        ArgumentException.ThrowIfNullOrEmpty(op);
        domain = OperatorDomains.Normalize(domain);
        var node = new NodeProto { OpType = op, Domain = domain };
        foreach (var input in inputs)
        {
            if (input.Length > 0)
                Require(input, op);
            node.Input.Add(input);
        }

        foreach (var attribute in attributes)
        {
            foreach (var captured in new[] { attribute.G }.Concat(attribute.Graphs).Where(g => g is not null).SelectMany(g => GraphScopes.Captured(g!)))
                Require(captured, op + "." + attribute.Name);
            node.Attribute.Add(attribute);
        }

        var names = new string[outputs.Length];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = outputs[i].Length == 0 ? "" : UniqueName(outputs[i]);
            node.Output.Add(names[i]);
            _visible.Add(names[i]);
        }

        node.Name = names.Length > 0 && names[0].Length > 0 ? names[0] : op;
        _graph.Node.Add(node);
        if (!_opsets.ContainsKey(domain))
            _opsets[domain] = domain == OperatorDomains.MachineLearning ? MachineLearningOpset : 1;
        return names;
    }

    /// <summary>Sets the version of an operator set that is not the default one's (1).</summary>
    public GraphBuilder Import(string domain, long version)
    {
        _opsets[OperatorDomains.Normalize(domain)] = version;
        return this;
    }

    /// <summary>A FP32 initialiser; without a shape it is a vector.</summary>
    public string Initializer(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) =>
        Initializer(Tensor.FromFloats(name, values, ShapeOf(values.Length, shape)));

    /// <summary>A FP64 initialiser; without a shape it is a vector.</summary>
    public string Initializer(string name, ReadOnlySpan<double> values, params ReadOnlySpan<long> shape) =>
        Initializer(Tensor.FromDoubles(name, values, ShapeOf(values.Length, shape)));

    /// <summary>An INT64 initialiser; without a shape it is a vector.</summary>
    public string Initializer(string name, ReadOnlySpan<long> values, params ReadOnlySpan<long> shape) =>
        Initializer(Tensor.FromInt64s(name, values, ShapeOf(values.Length, shape)));

    /// <summary>An INT32 initialiser; without a shape it is a vector.</summary>
    public string Initializer(string name, ReadOnlySpan<int> values, params ReadOnlySpan<long> shape) =>
        Initializer(Tensor.FromInt32s(name, values, ShapeOf(values.Length, shape)));

    /// <summary>A BOOL initialiser; without a shape it is a vector.</summary>
    public string Initializer(string name, ReadOnlySpan<bool> values, params ReadOnlySpan<long> shape) =>
        Initializer(Tensor.FromBools(name, values, ShapeOf(values.Length, shape)));

    /// <summary>A STRING initialiser; without a shape it is a vector.</summary>
    public string Initializer(string name, IReadOnlyList<string> values, params ReadOnlySpan<long> shape) =>
        Initializer(Tensor.FromStrings(name, values, ShapeOf(values.Count, shape)));

    /// <summary>A FP32 scalar (no dimensions).</summary>
    public string Scalar(string name, float value) => Initializer(Tensor.FromFloats(name, [value]));

    /// <summary>An INT64 scalar (no dimensions).</summary>
    public string Scalar(string name, long value) => Initializer(Tensor.FromInt64s(name, [value]));

    /// <summary>A BOOL scalar (no dimensions).</summary>
    public string Scalar(string name, bool value) => Initializer(Tensor.FromBools(name, [value]));

    /// <summary>An initialiser of any type and shape; its name is made unique.</summary>
    public string Initializer(Tensor value)
    {
        var name = UniqueName(value.Name);
        _graph.Initializer.Add(TensorProtos.Write(value.WithName(name)));
        _visible.Add(name);
        return name;
    }

    /// <summary>Adds the nodes and stored tensors of a model under free names; its inputs are values of this graph.</summary>
    /// <param name="model">The model, of the same version of the standard operators.</param>
    /// <param name="inputs">The value that takes the place of each of its inputs, by the input's name.</param>
    /// <returns>The names that its outputs have here.</returns>
    /// <exception cref="ArgumentException">An input has no value, the model's operators are of another version, or it defines functions.</exception>
    public string[] Inline(ModelProto model, IReadOnlyDictionary<string, string> inputs)
    {
        if (model.Functions.Count > 0)
            throw new ArgumentException("the model defines functions, which cannot be taken over", nameof(model));
        var graph = model.Graph.Clone();
        var used = Domains(graph).ToHashSet(StringComparer.Ordinal);
        foreach (var (domain, wanted) in model.OpsetImport.Select(o => (OperatorDomains.Normalize(o.Domain), o.Version)).Where(o => used.Contains(o.Item1)))
        {
            if (_opsets.TryGetValue(domain, out var version) && version != wanted)
                throw new ArgumentException($"the model uses version {wanted} of the operators '{domain}', the graph version {version}", nameof(model));
            _opsets[domain] = wanted;
        }

        var stored = graph.Initializer.Select(i => i.Name).Concat(graph.SparseInitializer.Select(s => s.Values.Name)).ToHashSet(StringComparer.Ordinal);
        var renames = new Dictionary<string, string>(StringComparer.Ordinal) { [""] = "" };
        foreach (var input in graph.Input.Where(i => !stored.Contains(i.Name)))
        {
            renames[input.Name] = inputs.TryGetValue(input.Name, out var value)
                ? value : throw new ArgumentException($"the model's input '{input.Name}' has no value", nameof(inputs));
            Require(value, "the model");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        GraphScopes.CollectAll(graph, names);
        foreach (var name in names.Order(StringComparer.Ordinal).Where(n => !renames.ContainsKey(n)))
            renames[name] = UniqueName(name);
        GraphScopes.Rename(graph, name => renames.GetValueOrDefault(name, name), inner: true);
        _graph.Initializer.AddRange(graph.Initializer);
        _graph.SparseInitializer.AddRange(graph.SparseInitializer);
        _graph.Node.AddRange(graph.Node);
        _visible.UnionWith(GraphScopes.Defined(graph));
        return [.. graph.Output.Select(o => o.Name)];
    }

    /// <summary>Sets a property of the model (metadata_props).</summary>
    public GraphBuilder Metadata(string key, string value)
    {
        (_parent ?? this)._metadata[key] = value;
        return this;
    }

    /// <summary>Begins an inner graph (branch, body): it may read this graph's values by name, and its names are unique in both.</summary>
    public GraphBuilder Subgraph(string name) => new(this, name);

    /// <summary>The graph by itself, as an inner graph needs it.</summary>
    public GraphProto BuildGraph() => _graph.Clone();

    /// <summary>The finished model.</summary>
    /// <exception cref="InvalidOperationException">There is no output, or this is an inner graph.</exception>
    public ModelProto Build()
    {
        if (_parent is not null)
            throw new InvalidOperationException("an inner graph is no model; use BuildGraph");
        if (_graph.Output.Count == 0)
            throw new InvalidOperationException("the graph has no output");
        var model = new ModelProto { IrVersion = _irVersion, ProducerName = "Iml4e.Serverless", Graph = _graph.Clone() };
        foreach (var (domain, version) in _opsets)
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = version });
        foreach (var (key, value) in _metadata)
            model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        return model;
    }

    /// <summary>A declared tensor, as inputs, outputs and value_info have it.</summary>
    internal static ValueInfoProto Value(string name, TensorDatatype datatype, ReadOnlySpan<Dim> shape)
    {
        var dimensions = new TensorShapeProto();
        foreach (var dimension in shape)
            dimensions.Dim.Add(dimension.ToProto());
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)datatype.ToOnnx(), Shape = dimensions } },
        };
    }

    private static IEnumerable<string> Domains(GraphProto graph) =>
        graph.Node.SelectMany(n => GraphScopes.Subgraphs(n).SelectMany(Domains).Prepend(OperatorDomains.Normalize(n.Domain)));

    private static long[] ShapeOf(int count, ReadOnlySpan<long> shape) => shape.IsEmpty ? [count] : shape.ToArray();

    private void Take(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!_names.Add(name))
            throw new ArgumentException($"the name '{name}' is taken", nameof(name));
    }

    private void Require(string value, string reader)
    {
        for (var scope = this; scope is not null; scope = scope._parent)
        {
            if (scope._visible.Contains(value))
                return;
        }

        throw new ArgumentException($"{reader} reads '{value}', which is not defined", nameof(value));
    }
}
