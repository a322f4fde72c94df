using System.Globalization;

namespace Iml4e.Inference.Onnx;

/// <summary>Refuses models that native code should never get to see.</summary>
internal static class ModelGuard
{
    private const int HighestIrVersion = 64;
    private const int HighestOpset = 1000;

    /// <summary>Structure: graph there, versions sane, sizes and loops within the limits, tensors as large as they say, no data in other files.</summary>
    internal static void CheckStructure(ModelProto model, ModelLimits limits)
    {
        if (model.Graph is null)
            throw new InvalidModelException("the file is not an ONNX model: there is no graph in it");
        if (model.IrVersion is < 3 or > HighestIrVersion)
            throw new InvalidModelException(string.Create(CultureInfo.InvariantCulture, $"IR version {model.IrVersion} is not supported; 3 is the lowest"));
        CheckOpsets(model.OpsetImport);
        if (model.TrainingInfo.Count > 0)
            throw new InvalidModelException("the model carries training information, which is not supported; save it for inference only");

        var nodes = 0L;
        CheckGraph(model.Graph, 0, limits, ref nodes);
        if (nodes == 0 && model.Graph.Initializer.Count == 0 && model.Graph.Input.Count == 0)
            throw new InvalidModelException("the model's graph is empty");
        foreach (var function in model.Functions)
        {
            CheckOpsets(function.OpsetImport);
            foreach (var attribute in function.AttributeProto)
                CheckTensors(attribute);
            foreach (var node in function.Node)
                CheckNode(node, 0, limits, ref nodes);
        }

        CheckFunctions(model, limits);
        InterfaceGuard.Check(model.Graph, limits);
        GraphOrder.Check(model);
        SizeGuard.Check(model, limits);
        WorkGuard.Count(model, limits);
    }

    /// <summary>Operators: each node's domain must be served here, or be a function that the model brings along.</summary>
    internal static void CheckDomains(ModelProto model, bool extensions)
    {
        var own = model.Functions.Select(f => (OperatorDomains.Normalize(f.Domain), f.Name)).ToHashSet();
        var imported = model.OpsetImport.Select(o => OperatorDomains.Normalize(o.Domain)).ToHashSet(StringComparer.Ordinal);
        foreach (var node in AllNodes(model))
        {
            var domain = OperatorDomains.Normalize(node.Domain);
            if (own.Contains((domain, node.OpType)))
                continue;
            var known = domain is OperatorDomains.Standard or OperatorDomains.MachineLearning or OperatorDomains.Microsoft
                || (domain == OperatorDomains.Extensions && extensions);
            if (!known)
            {
                throw new InvalidModelException(
                    $"operator {PublicText.Name(node.OpType)} is of domain {PublicText.Name(domain)}, which is not available here; "
                    + "available: ai.onnx, ai.onnx.ml, com.microsoft" + (extensions ? ", com.microsoft.extensions" : ""));
            }

            if (domain == OperatorDomains.Standard && model.Functions.Count == 0 && !imported.Contains(domain))
                throw new InvalidModelException("the model does not say which version of the standard operators it uses (opset_import)");
        }
    }

    /// <summary>A tensor: no external data, no segments, and exactly as many elements as its dimensions say.</summary>
    internal static void CheckTensor(TensorProto tensor)
    {
        if (tensor.DataLocation == TensorProto.Types.DataLocation.External || tensor.ExternalData.Count > 0)
            throw new InvalidModelException($"tensor {PublicText.Name(tensor.Name)} keeps its data in another file; save the model as one file");
        if (tensor.Segment is not null)
            throw new InvalidModelException($"tensor {PublicText.Name(tensor.Name)} is stored in segments, which is not supported");
        var count = ShapeMath.TryCount(tensor.Dims.ToArray());
        if (count < 0)
            throw new InvalidModelException($"tensor {PublicText.Name(tensor.Name)} has dimensions [{Join(tensor.Dims)}], which is negative or too large");
        var type = (TensorProto.Types.DataType)tensor.DataType;
        if (type == TensorProto.Types.DataType.Undefined || !Enum.IsDefined(type))
            throw new InvalidModelException($"tensor {PublicText.Name(tensor.Name)} has the unknown element type {tensor.DataType}");

        long stored;
        Int128 needed = count;
        if (type != TensorProto.Types.DataType.String && tensor.RawData.Length > 0)
        {
            stored = tensor.RawData.Length;
            if (tensor.FloatData.Count + tensor.DoubleData.Count + tensor.Int32Data.Count + tensor.Int64Data.Count + tensor.Uint64Data.Count + tensor.StringData.Count > 0)
                throw new InvalidModelException($"tensor {PublicText.Name(tensor.Name)} is stored twice, as bytes and as numbers");
            needed = (needed * ElementBits.Of(type) + 7) / 8;
        }
        else
        {
            (stored, needed) = type switch
            {
                TensorProto.Types.DataType.Float => (tensor.FloatData.Count, needed),
                TensorProto.Types.DataType.Complex64 => (tensor.FloatData.Count, 2 * needed),
                TensorProto.Types.DataType.Double => (tensor.DoubleData.Count, needed),
                TensorProto.Types.DataType.Complex128 => (tensor.DoubleData.Count, 2 * needed),
                TensorProto.Types.DataType.Int64 => (tensor.Int64Data.Count, needed),
                TensorProto.Types.DataType.Uint64 or TensorProto.Types.DataType.Uint32 => (tensor.Uint64Data.Count, needed),
                TensorProto.Types.DataType.String => (tensor.StringData.Count, needed),
                TensorProto.Types.DataType.Int4 or TensorProto.Types.DataType.Uint4 or TensorProto.Types.DataType.Float4E2M1 =>
                    (tensor.Int32Data.Count, (needed + 1) / 2),
                _ => ((long)tensor.Int32Data.Count, needed),
            };
        }

        if (stored != needed)
            throw new InvalidModelException(
                string.Create(CultureInfo.InvariantCulture, $"tensor {PublicText.Name(tensor.Name)} of dimensions [{Join(tensor.Dims)}] needs {needed} values or bytes, but {stored} are there"));
    }

    private static void CheckOpsets(IEnumerable<OperatorSetIdProto> imports)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var import in imports)
        {
            if (import.Version is < 1 or > HighestOpset)
                throw new InvalidModelException(
                    string.Create(CultureInfo.InvariantCulture, $"version {import.Version} of operator set {PublicText.Name(import.Domain)} is not supported"));
            if (!seen.Add(OperatorDomains.Normalize(import.Domain)))
                throw new InvalidModelException($"operator set {PublicText.Name(import.Domain)} is imported twice");
        }
    }

    private static void CheckGraph(GraphProto graph, int depth, ModelLimits limits, ref long nodes)
    {
        if (depth > limits.MaximumDepth)
            throw new InvalidModelException(string.Create(CultureInfo.InvariantCulture, $"graphs are nested more than {limits.MaximumDepth} deep"));
        foreach (var tensor in graph.Initializer)
            CheckTensor(tensor);
        foreach (var sparse in graph.SparseInitializer)
            CheckSparse(sparse);
        foreach (var node in graph.Node)
            CheckNode(node, depth, limits, ref nodes);
    }

    private static void CheckNode(NodeProto node, int depth, ModelLimits limits, ref long nodes)
    {
        if (++nodes > limits.MaximumNodes)
            throw new InvalidModelException(string.Create(CultureInfo.InvariantCulture, $"the model has more than {limits.MaximumNodes} nodes"));
        if (node.OpType.Length == 0)
            throw new InvalidModelException($"node {PublicText.Name(node.Name)} names no operator");
        AttributeGuard.Check(node);
        foreach (var attribute in node.Attribute)
            CheckTensors(attribute);
        foreach (var subgraph in GraphScopes.Subgraphs(node))
            CheckGraph(subgraph, depth + 1, limits, ref nodes);
    }

    private static void CheckTensors(AttributeProto attribute)
    {
        if (attribute.T is { } tensor)
            CheckTensor(tensor);
        foreach (var item in attribute.Tensors)
            CheckTensor(item);
        if (attribute.SparseTensor is { } sparse)
            CheckSparse(sparse);
        foreach (var item in attribute.SparseTensors)
            CheckSparse(item);
    }

    private static void CheckSparse(SparseTensorProto sparse)
    {
        if (sparse.Values is null || sparse.Indices is null)
            throw new InvalidModelException("a sparse tensor lacks its values or indices");
        CheckTensor(sparse.Values);
        CheckTensor(sparse.Indices);
        // It is unfolded to its dense size when loaded: a few bytes must not become gigabytes.
        var count = ShapeMath.TryCount(sparse.Dims.ToArray());
        if (count is < 0 or > 1 << 28)
            throw new InvalidModelException($"sparse tensor {PublicText.Name(sparse.Values.Name)} has dimensions [{Join(sparse.Dims)}], which is too large");
    }

    /// <summary>Functions are inlined by whoever loads the model: no cycles, and not more nodes than the limit once unfolded.</summary>
    private static void CheckFunctions(ModelProto model, ModelLimits limits)
    {
        if (model.Functions.Count == 0)
            return;
        // Overloads of one name count as the same function here: the sizes add up, which only errs on the safe side.
        var names = new HashSet<(string Domain, string Name, string Overload)>();
        if (model.Functions.FirstOrDefault(f => !names.Add((OperatorDomains.Normalize(f.Domain), f.Name, f.Overload))) is { } second)
            throw new InvalidModelException($"function {PublicText.Name(second.Name)} is there twice");
        var functions = model.Functions.ToLookup(f => (OperatorDomains.Normalize(f.Domain), f.Name));
        var sizes = new Dictionary<(string, string), long>();
        var total = model.Graph.Node.Sum(n => Unfolded(n, 0));
        if (total > limits.MaximumNodes)
            throw new InvalidModelException(string.Create(CultureInfo.InvariantCulture, $"the model's functions unfold to more than {limits.MaximumNodes} nodes"));

        long Unfolded(NodeProto node, int depth)
        {
            if (depth > 64)
                throw new InvalidModelException("the model's functions call each other too deeply");
            var size = 1L;
            foreach (var inner in GraphScopes.Subgraphs(node).SelectMany(g => g.Node))
                size = Math.Min(limits.MaximumNodes + 1, size + Unfolded(inner, depth + 1));
            var key = (OperatorDomains.Normalize(node.Domain), node.OpType);
            if (!functions.Contains(key))
                return size;
            if (!sizes.TryGetValue(key, out var body))
            {
                sizes[key] = -1;
                body = 0;
                foreach (var inner in functions[key].SelectMany(f => f.Node))
                    body = Math.Min(limits.MaximumNodes + 1, body + Unfolded(inner, depth + 1));
                sizes[key] = body;
            }
            else if (body < 0)
            {
                throw new InvalidModelException($"function {PublicText.Name(node.OpType)} calls itself");
            }

            return Math.Min(limits.MaximumNodes + 1, size + body);
        }
    }

    private static IEnumerable<NodeProto> AllNodes(ModelProto model) =>
        model.Graph.Node.Concat(model.Functions.SelectMany(f => f.Node)).SelectMany(WithInner);

    private static IEnumerable<NodeProto> WithInner(NodeProto node) =>
        GraphScopes.Subgraphs(node).SelectMany(g => g.Node).SelectMany(WithInner).Prepend(node);

    private static string Join(IEnumerable<long> dimensions) => string.Join(',', dimensions.Take(16));
}
