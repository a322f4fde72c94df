namespace Iml4e.Inference.Onnx;

/// <summary>Checks that every value is defined once and before it is read, in inner graphs and functions too; so there are no cycles either.</summary>
internal sealed class GraphOrder
{
    private readonly GraphOrder? _outer;
    private readonly HashSet<string> _defined = new(StringComparer.Ordinal);

    private GraphOrder(GraphOrder? outer) => _outer = outer;

    /// <summary>Checks a model.</summary>
    /// <exception cref="InvalidModelException">Names the first value that is read too early, undefined, defined twice or nameless.</exception>
    internal static void Check(ModelProto model)
    {
        new GraphOrder(null).Check(model.Graph);
        foreach (var function in model.Functions)
            new GraphOrder(null).Check(function);
    }

    /// <summary>Checks a graph by itself.</summary>
    internal static void CheckGraph(GraphProto graph) => new GraphOrder(null).Check(graph);

    private void Check(GraphProto graph)
    {
        foreach (var input in graph.Input)
            Define(input.Name, "an input");
        // Older models list initialisers among the inputs too.
        var inputs = graph.Input.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        var stored = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in graph.Initializer.Select(i => i.Name).Concat(graph.SparseInitializer.Select(s => s.Values?.Name ?? "")))
        {
            if (!stored.Add(name))
                throw Twice(name);
            if (!inputs.Contains(name))
                Define(name, "an initialiser");
        }

        Check(graph.Node);
        var outputs = new HashSet<string>(StringComparer.Ordinal);
        foreach (var output in graph.Output)
        {
            if (output.Name.Length == 0)
                throw new InvalidModelException("an output has no name");
            if (!IsVisible(output.Name))
                throw new InvalidModelException($"output {PublicText.Name(output.Name)} is not defined");
            if (!outputs.Add(output.Name))
                throw new InvalidModelException($"output {PublicText.Name(output.Name)} is given twice");
        }
    }

    private void Check(FunctionProto function)
    {
        foreach (var input in function.Input)
            Define(input, "an input of a function");
        Check(function.Node);
        if (function.Output.FirstOrDefault(o => !IsVisible(o)) is { } missing)
            throw new InvalidModelException($"output {PublicText.Name(missing)} of function {PublicText.Name(function.Name)} is not defined");
    }

    private void Check(IReadOnlyCollection<NodeProto> nodes)
    {
        foreach (var node in nodes)
        {
            foreach (var input in node.Input)
            {
                if (input.Length > 0 && !IsVisible(input))
                    throw Unknown(node, input, nodes);
            }

            foreach (var subgraph in GraphScopes.Subgraphs(node))
                new GraphOrder(this).Check(subgraph);
            foreach (var output in node.Output)
            {
                if (output.Length > 0)
                    Define(output, "a value");
            }
        }
    }

    private bool IsVisible(string name)
    {
        for (var scope = this; scope is not null; scope = scope._outer)
        {
            if (scope._defined.Contains(name))
                return true;
        }

        return false;
    }

    private void Define(string name, string what)
    {
        if (name.Length == 0)
            throw new InvalidModelException(what + " has no name");
        if (!_defined.Add(name))
            throw Twice(name);
    }

    private static InvalidModelException Twice(string name) => new($"value {PublicText.Name(name)} is defined twice");

    private static InvalidModelException Unknown(NodeProto node, string input, IReadOnlyCollection<NodeProto> nodes)
    {
        var reads = $"node {PublicText.Name(node.Name)} ({PublicText.Name(node.OpType)}) reads {PublicText.Name(input)}, which is not defined before it";
        return nodes.FirstOrDefault(n => n.Output.Contains(input)) is { } later
            ? new InvalidModelException($"{reads} but only by node {PublicText.Name(later.Name)} ({PublicText.Name(later.OpType)}): nodes must stand in the order in which they run, without cycles")
            : new InvalidModelException(reads);
    }
}
