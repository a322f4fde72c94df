using System.Globalization;
using Google.Protobuf;

namespace Iml4e.Inference.Onnx;

/// <summary>Cuts and joins ONNX models. Every operation returns a new model and leaves its arguments as they were.</summary>
public static class GraphSurgery
{
    /// <summary>Reads a model from outside.</summary>
    /// <param name="onnx">The ONNX file.</param>
    /// <param name="limits">How large it may be; null = <see cref="ModelLimits.Default"/>.</param>
    /// <exception cref="InvalidModelException">No ONNX model, beyond the limits, data in other files, or sizes that do not agree.</exception>
    public static ModelProto Parse(ReadOnlySpan<byte> onnx, ModelLimits? limits = null)
    {
        limits ??= ModelLimits.Default;
        WireGuard.Check(onnx, limits);
        ModelProto model;
        try
        {
            model = ModelProto.Parser.ParseFrom(onnx);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or ArgumentException or OverflowException or InvalidOperationException)
        {
            throw new InvalidModelException("the file is not an ONNX model, or it is damaged: " + PublicText.Message(e.Message), e);
        }

        ModelGuard.CheckStructure(model, limits);
        return model;
    }

    /// <summary>The model as bytes; equal models give equal bytes.</summary>
    public static byte[] Serialize(ModelProto model) => model.ToByteArray();

    /// <summary>Makes inner values of the graph outputs, after those that it has.</summary>
    /// <param name="model">The model.</param>
    /// <param name="names">Names of values in the outermost graph; those that are outputs already are passed over.</param>
    /// <exception cref="ArgumentException">There is no such value.</exception>
    public static ModelProto AddOutputs(ModelProto model, params IEnumerable<string> names)
    {
        var result = model.Clone();
        var graph = result.Graph;
        var defined = GraphScopes.Defined(graph);
        var outputs = graph.Output.Select(o => o.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var name in names)
        {
            if (!defined.Contains(name))
                throw new ArgumentException($"the graph has no value '{name}'", nameof(names));
            if (!outputs.Add(name))
                continue;
            // Without a declaration the name alone will do: whoever loads the model infers type and shape.
            var declared = graph.ValueInfo.Concat(graph.Input).FirstOrDefault(v => v.Name == name);
            graph.Output.Add(declared?.Clone() ?? Declare(graph, name));
        }

        return result;
    }

    /// <summary>Keeps these outputs, in this order, and nothing that serves others alone: nodes, initialisers and notes on them are removed.</summary>
    /// <param name="model">The model.</param>
    /// <param name="names">Names of outputs.</param>
    /// <param name="dropUnusedInputs">Whether inputs that nothing reads any more are removed too.</param>
    /// <exception cref="ArgumentException">No name is given, or there is no such output.</exception>
    public static ModelProto KeepOutputs(ModelProto model, IEnumerable<string> names, bool dropUnusedInputs = false)
    {
        var result = model.Clone();
        var graph = result.Graph;
        var kept = new List<ValueInfoProto>();
        foreach (var name in names.Distinct(StringComparer.Ordinal))
            kept.Add(graph.Output.FirstOrDefault(o => o.Name == name) ?? throw new ArgumentException($"the graph has no output '{name}'", nameof(names)));
        if (kept.Count == 0)
            throw new ArgumentException("at least one output must be kept", nameof(names));
        graph.Output.Clear();
        graph.Output.AddRange(kept);

        var live = kept.Select(o => o.Name).ToHashSet(StringComparer.Ordinal);
        var producers = new Dictionary<string, NodeProto>(StringComparer.Ordinal);
        foreach (var node in graph.Node)
        {
            foreach (var output in node.Output.Where(o => o.Length > 0))
                producers.TryAdd(output, node);
        }

        var liveNodes = new HashSet<NodeProto>(ReferenceEqualityComparer.Instance);
        var pending = new Stack<string>(live);
        while (pending.TryPop(out var name))
        {
            if (!producers.TryGetValue(name, out var node) || !liveNodes.Add(node))
                continue;
            foreach (var read in GraphScopes.Reads(node))
            {
                if (live.Add(read))
                    pending.Push(read);
            }
        }

        Retain(graph.Node, liveNodes.Contains);
        // Before IR version 4 initialisers are listed among the inputs too; one that goes must not leave a mandatory input behind.
        var defaults = graph.Initializer.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        Retain(graph.Input, i => live.Contains(i.Name) || !defaults.Contains(i.Name));
        Retain(graph.Initializer, i => live.Contains(i.Name));
        Retain(graph.SparseInitializer, s => live.Contains(s.Values?.Name ?? ""));
        var produced = GraphScopes.Defined(graph);
        Retain(graph.ValueInfo, v => produced.Contains(v.Name));
        Retain(graph.QuantizationAnnotation, a => produced.Contains(a.TensorName));
        if (dropUnusedInputs)
            Retain(graph.Input, i => live.Contains(i.Name));
        return result;
    }

    /// <summary>Puts a prefix before the names of all values and nodes, those of inner graphs included.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prefix">Text put before each name.</param>
    /// <param name="interfaceToo">Whether inputs and outputs are renamed as well.</param>
    /// <param name="symbolsToo">Whether free dimensions ("N") are renamed as well.</param>
    public static ModelProto Prefix(ModelProto model, string prefix, bool interfaceToo = true, bool symbolsToo = false)
    {
        var result = model.Clone();
        var outside = interfaceToo ? [] : result.Graph.Input.Concat(result.Graph.Output).Select(v => v.Name).ToHashSet(StringComparer.Ordinal);
        if (outside.Count > 0)
        {
            var all = AllNames(result.Graph);
            if (all.FirstOrDefault(n => !outside.Contains(n) && outside.Contains(prefix + n)) is { } clash)
                throw new ArgumentException($"with the prefix '{prefix}', '{clash}' would get the name of an input or output", nameof(prefix));
        }

        GraphScopes.Rename(result.Graph, name => outside.Contains(name) ? name : prefix + name, inner: true);
        RenameNodes(result.Graph, name => prefix + name);
        if (symbolsToo)
            RenameSymbols(result.Graph, symbol => prefix + symbol);
        return result;
    }

    /// <summary>Gives an input another name.</summary>
    /// <exception cref="ArgumentException">There is no such input, or the new name is taken.</exception>
    public static ModelProto RenameInput(ModelProto model, string from, string to) =>
        model.Graph.Input.Any(i => i.Name == from) ? RenameValue(model, from, to) : throw new ArgumentException($"the graph has no input '{from}'", nameof(from));

    /// <summary>Gives an output another name.</summary>
    /// <exception cref="ArgumentException">There is no such output, or the new name is taken.</exception>
    public static ModelProto RenameOutput(ModelProto model, string from, string to) =>
        model.Graph.Output.Any(o => o.Name == from) ? RenameValue(model, from, to) : throw new ArgumentException($"the graph has no output '{from}'", nameof(from));

    /// <summary>Joins two models: outputs of the first become inputs of the second.</summary>
    /// <param name="first">The model that runs first.</param>
    /// <param name="second">The model that takes its outputs.</param>
    /// <param name="connections">Output of the first → inputs of the second that it feeds; may be empty (two models side by side).</param>
    /// <param name="keepConnected">Whether connected outputs of the first stay outputs of the whole.</param>
    /// <param name="shareInputs">Whether an input that both name alike is one input of the whole; otherwise that is an error.</param>
    /// <remarks>
    /// Inner values of the second whose names clash get a suffix. Where the operator sets differ, the newer one holds for both, provided that no
    /// operator used changed its meaning in between. Free dimensions of connected tensors are made one.
    /// </remarks>
    /// <exception cref="ArgumentException">An unknown name, an input fed twice, types that differ, or outputs or inputs that clash.</exception>
    /// <exception cref="InvalidModelException">The operator sets cannot be reconciled.</exception>
    public static ModelProto Merge(
        ModelProto first, ModelProto second, IEnumerable<KeyValuePair<string, string>> connections, bool keepConnected = false, bool shareInputs = false)
    {
        var wires = CheckConnections(first, second, connections);
        var result = first.Clone();
        var tail = second.Clone();
        ReconcileOpsets(result, tail);
        UnifySymbols(first.Graph, tail.Graph, wires);

        var taken = AllNames(result.Graph);
        var shared = shareInputs ? SharedInputs(first, second, wires) : [];
        var unavailable = new HashSet<string>(taken, StringComparer.Ordinal);
        unavailable.UnionWith(AllNames(tail.Graph));
        var tailInterface = tail.Graph.Output.Select(o => o.Name).Concat(tail.Graph.Input.Select(i => i.Name).Where(n => !wires.ContainsKey(n)))
            .ToHashSet(StringComparer.Ordinal);
        var renames = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in AllNames(tail.Graph).Order(StringComparer.Ordinal))
        {
            if (!taken.Contains(name) || wires.ContainsKey(name) || shared.Contains(name))
                continue;
            if (tailInterface.Contains(name))
                throw new ArgumentException($"both models have a value '{name}', which is an input or output of the second; rename it first", nameof(second));
            renames[name] = Unused(name, unavailable);
        }

        foreach (var (input, output) in wires)
            renames[input] = output;
        var passedThrough = tail.Graph.Output.FirstOrDefault(o => wires.ContainsKey(o.Name));
        if (passedThrough is not null)
            throw new ArgumentException($"output '{passedThrough.Name}' of the second model is one of its connected inputs", nameof(second));
        GraphScopes.Rename(tail.Graph, name => renames.GetValueOrDefault(name, name), inner: true);
        Append(result, tail, shared);

        var connected = wires.Values.ToHashSet(StringComparer.Ordinal);
        if (!keepConnected)
            Retain(result.Graph.Output, o => !connected.Contains(o.Name));
        result.Graph.Output.AddRange(tail.Graph.Output);
        result.IrVersion = Math.Max(first.IrVersion, second.IrVersion);
        return result;
    }

    /// <summary>Sets properties of the model (metadata_props); those of other names stay.</summary>
    public static ModelProto SetMetadata(ModelProto model, params IEnumerable<KeyValuePair<string, string>> properties)
    {
        var result = model.Clone();
        foreach (var (key, value) in properties)
        {
            Retain(result.MetadataProps, p => p.Key != key);
            result.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        }

        return result;
    }

    /// <summary>Replaces the value of an initialiser of the outermost graph.</summary>
    /// <param name="model">The model.</param>
    /// <param name="value">The new value, under the initialiser's name; same type and shape as the old one.</param>
    /// <exception cref="ArgumentException">There is no such initialiser, or type or shape differ.</exception>
    public static ModelProto ReplaceInitializer(ModelProto model, Tensor value)
    {
        var result = model.Clone();
        var initializers = result.Graph.Initializer;
        for (var i = 0; i < initializers.Count; i++)
        {
            if (initializers[i].Name != value.Name)
                continue;
            if (initializers[i].DataType != (int)value.Datatype.ToOnnx() || !initializers[i].Dims.SequenceEqual(value.Shape))
                throw new ArgumentException($"initialiser '{value.Name}' has another type or shape", nameof(value));
            initializers[i] = TensorProtos.Write(value);
            return result;
        }

        throw new ArgumentException($"the graph has no initialiser '{value.Name}'", nameof(value));
    }

    /// <summary>The value of an initialiser of the outermost graph; null if there is none of that name.</summary>
    /// <exception cref="InvalidModelException">Its bytes do not fit its dimensions.</exception>
    public static Tensor? FindInitializer(ModelProto model, string name) =>
        model.Graph.Initializer.FirstOrDefault(i => i.Name == name) is { } tensor ? TensorProtos.Read(tensor) : null;

    /// <summary>Checks that every value is defined once and before it is read, in inner graphs too.</summary>
    /// <exception cref="InvalidModelException">Names the first value that is read too early, undefined, or defined twice.</exception>
    public static void CheckOrder(ModelProto model) => GraphOrder.Check(model);

    private static ValueInfoProto Declare(GraphProto graph, string name)
    {
        if (graph.Initializer.FirstOrDefault(i => i.Name == name) is not { } tensor)
            return new ValueInfoProto { Name = name };
        var shape = new TensorShapeProto();
        shape.Dim.AddRange(tensor.Dims.Select(d => new Dim(d).ToProto()));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = tensor.DataType, Shape = shape } } };
    }

    private static ModelProto RenameValue(ModelProto model, string from, string to)
    {
        ArgumentException.ThrowIfNullOrEmpty(to);
        var result = model.Clone();
        if (from == to)
            return result;
        if (AllNames(result.Graph).Contains(to))
            throw new ArgumentException($"the name '{to}' is taken", nameof(to));
        GraphScopes.Rename(result.Graph, name => name == from ? to : name, inner: false);
        return result;
    }

    /// <summary>Input of the second → output of the first.</summary>
    private static SortedDictionary<string, string> CheckConnections(ModelProto first, ModelProto second, IEnumerable<KeyValuePair<string, string>> connections)
    {
        var wires = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (output, input) in connections)
        {
            var from = first.Graph.Output.FirstOrDefault(o => o.Name == output) ?? throw new ArgumentException($"the first model has no output '{output}'", nameof(connections));
            var to = second.Graph.Input.FirstOrDefault(i => i.Name == input) ?? throw new ArgumentException($"the second model has no input '{input}'", nameof(connections));
            if (!wires.TryAdd(input, output))
                throw new ArgumentException($"input '{input}' of the second model is fed twice", nameof(connections));
            var (have, want) = (from.Type?.TensorType?.ElemType, to.Type?.TensorType?.ElemType);
            if (have is not null && want is not null && have != want)
                throw new ArgumentException($"output '{output}' and input '{input}' differ in type", nameof(connections));
            if (second.Graph.Initializer.Any(i => i.Name == input))
                throw new ArgumentException($"input '{input}' of the second model has a default value; remove it first", nameof(connections));
        }

        return wires;
    }

    private static HashSet<string> SharedInputs(ModelProto first, ModelProto second, SortedDictionary<string, string> wires)
    {
        var shared = new HashSet<string>(StringComparer.Ordinal);
        foreach (var input in second.Graph.Input.Where(i => !wires.ContainsKey(i.Name)))
        {
            if (first.Graph.Input.FirstOrDefault(i => i.Name == input.Name) is not { } same)
                continue;
            if (same.Type?.TensorType?.ElemType != input.Type?.TensorType?.ElemType)
                throw new ArgumentException($"both models have an input '{input.Name}', of different types", nameof(second));
            if (first.Graph.Initializer.Concat(second.Graph.Initializer).Any(i => i.Name == input.Name))
                throw new ArgumentException($"both models have an input '{input.Name}', and it has a default value", nameof(second));
            shared.Add(input.Name);
        }

        return shared;
    }

    private static void Append(ModelProto result, ModelProto tail, HashSet<string> shared)
    {
        var (graph, added) = (result.Graph, tail.Graph);
        var inputs = graph.Input.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        var produced = GraphScopes.Defined(graph);
        foreach (var input in added.Input.Where(i => !shared.Contains(i.Name) && !produced.Contains(i.Name) && inputs.Add(i.Name)))
            graph.Input.Add(input);
        graph.Initializer.AddRange(added.Initializer);
        graph.SparseInitializer.AddRange(added.SparseInitializer);
        var described = graph.ValueInfo.Concat(graph.Output).Select(v => v.Name).ToHashSet(StringComparer.Ordinal);
        graph.ValueInfo.AddRange(graph.Output.Where(o => o.Type is not null && graph.ValueInfo.All(v => v.Name != o.Name)).Select(o => o.Clone()).ToArray());
        graph.ValueInfo.AddRange(added.ValueInfo.Where(v => described.Add(v.Name)));
        graph.QuantizationAnnotation.AddRange(added.QuantizationAnnotation);

        var nodes = graph.Node.Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var node in added.Node)
        {
            if (node.Name.Length > 0 && !nodes.Add(node.Name))
                node.Name = Unused(node.Name, nodes);
            graph.Node.Add(node);
        }

        foreach (var function in tail.Functions)
        {
            var same = result.Functions.FirstOrDefault(f => f.Domain == function.Domain && f.Name == function.Name && f.Overload == function.Overload);
            if (same is null)
                result.Functions.Add(function);
            else if (!same.Equals(function))
                throw new InvalidModelException($"both models define a function {PublicText.Name(function.Name)}, and not the same");
        }

        foreach (var property in tail.MetadataProps.Where(p => result.MetadataProps.All(o => o.Key != p.Key)))
            result.MetadataProps.Add(property);
    }

    private static void ReconcileOpsets(ModelProto first, ModelProto second)
    {
        var (ours, theirs) = (Opsets(first), Opsets(second));
        var merged = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var domain in ours.Keys.Union(theirs.Keys))
            merged[domain] = Math.Max(ours.GetValueOrDefault(domain), theirs.GetValueOrDefault(domain));
        CheckNodes(first.Graph.Node, ours, merged);
        CheckNodes(second.Graph.Node, theirs, merged);
        first.OpsetImport.Clear();
        foreach (var (domain, version) in merged)
            first.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = version });
    }

    private static void CheckNodes(IEnumerable<NodeProto> nodes, Dictionary<string, long> from, SortedDictionary<string, long> to)
    {
        foreach (var node in nodes)
        {
            var domain = OperatorDomains.Normalize(node.Domain);
            if (from.TryGetValue(domain, out var version) && version < to[domain])
                OpsetCompatibility.Check(node, domain, version, to[domain]);
            foreach (var subgraph in GraphScopes.Subgraphs(node))
                CheckNodes(subgraph.Node, from, to);
        }
    }

    private static Dictionary<string, long> Opsets(ModelProto model)
    {
        var result = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var import in model.OpsetImport)
            result[OperatorDomains.Normalize(import.Domain)] = import.Version;
        return result;
    }

    private static void UnifySymbols(GraphProto first, GraphProto tail, SortedDictionary<string, string> wires)
    {
        var symbols = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (input, output) in wires)
        {
            var from = first.Output.First(o => o.Name == output).Type?.TensorType?.Shape;
            var to = tail.Input.First(i => i.Name == input).Type?.TensorType?.Shape;
            if (from is null || to is null || from.Dim.Count != to.Dim.Count)
                continue;
            for (var i = 0; i < from.Dim.Count; i++)
            {
                if (from.Dim[i].DimParam.Length > 0 && to.Dim[i].DimParam.Length > 0)
                    symbols.TryAdd(to.Dim[i].DimParam, from.Dim[i].DimParam);
            }
        }

        RenameSymbols(tail, symbol => symbols.GetValueOrDefault(symbol, symbol));
    }

    private static void RenameSymbols(GraphProto graph, Func<string, string> rename)
    {
        foreach (var value in graph.Input.Concat(graph.Output).Concat(graph.ValueInfo))
        {
            foreach (var dimension in value.Type?.TensorType?.Shape?.Dim.Where(d => d.DimParam.Length > 0) ?? [])
                dimension.DimParam = rename(dimension.DimParam);
        }

        foreach (var subgraph in graph.Node.SelectMany(GraphScopes.Subgraphs))
            RenameSymbols(subgraph, rename);
    }

    private static void RenameNodes(GraphProto graph, Func<string, string> rename)
    {
        foreach (var node in graph.Node)
        {
            if (node.Name.Length > 0)
                node.Name = rename(node.Name);
            foreach (var subgraph in GraphScopes.Subgraphs(node))
                RenameNodes(subgraph, rename);
        }
    }

    private static HashSet<string> AllNames(GraphProto graph)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        GraphScopes.CollectAll(graph, names);
        return names;
    }

    private static string Unused(string wanted, HashSet<string> taken)
    {
        for (var i = 1; ; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{wanted}_{i}");
            if (taken.Add(name))
                return name;
        }
    }

    private static void Retain<T>(Google.Protobuf.Collections.RepeatedField<T> list, Func<T, bool> keep)
    {
        var kept = list.Where(keep).ToArray();
        list.Clear();
        list.AddRange(kept);
    }
}
