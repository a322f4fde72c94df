using System.Globalization;
using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Normalization;

/// <summary>Puts the bodies of the model's own functions where they are called. Bodies are written for the standard operators' version of the model.</summary>
internal static class FunctionInlining
{
    internal static void Apply(WorkingGraph graph)
    {
        if (graph.Model.Functions.Count == 0)
            return;
        var functions = graph.Model.Functions.ToDictionary(f => (OperatorDomains.Normalize(f.Domain), f.Name, f.Overload));
        graph.Rewrite(node => Inline(graph, functions, node));
        graph.Model.Functions.Clear();
    }

    private static IEnumerable<NodeProto> Inline(WorkingGraph graph, Dictionary<(string, string, string), FunctionProto> functions, NodeProto node)
    {
        foreach (var subgraph in GraphScopes.Subgraphs(node))
        {
            var inner = subgraph.Node.SelectMany(n => Inline(graph, functions, n)).ToList();
            subgraph.Node.Clear();
            subgraph.Node.AddRange(inner);
        }

        if (!functions.TryGetValue((OperatorDomains.Normalize(node.Domain), node.OpType, node.Overload), out var function))
            return [node];
        CheckVersion(graph, function);
        var prefix = graph.Fresh(node.Title());
        var names = new Dictionary<string, string>(StringComparer.Ordinal) { [""] = "" };
        for (var i = 0; i < function.Input.Count; i++)
            names[function.Input[i]] = node.In(i);
        for (var i = 0; i < function.Output.Count; i++)
        {
            if (node.Out(i).Length > 0)
                names[function.Output[i]] = node.Out(i);
        }

        var body = new GraphProto();
        body.Node.AddRange(function.Node.Select(n => n.Clone()));
        Bind(body, Arguments(function, node));
        GraphScopes.Rename(body, name => names.TryGetValue(name, out var known) ? known : names[name] = graph.Fresh($"{prefix}/{name}"), inner: true);
        for (var i = 0; i < body.Node.Count; i++)
        {
            var own = body.Node[i].Name.Length > 0 ? body.Node[i].Name : string.Create(CultureInfo.InvariantCulture, $"{body.Node[i].OpType}_{i}");
            body.Node[i].Name = $"{prefix}/{own}";
        }

        return body.Node.SelectMany(n => Inline(graph, functions, n)).ToList();
    }

    private static void CheckVersion(WorkingGraph graph, FunctionProto function)
    {
        var version = function.OpsetImport.FirstOrDefault(o => OperatorDomains.Normalize(o.Domain).Length == 0)?.Version ?? graph.Opset;
        if (version == graph.Opset)
            return;
        foreach (var node in function.Node)
            OpsetCompatibility.Check(node, OperatorDomains.Normalize(node.Domain), Math.Min(version, graph.Opset), Math.Max(version, graph.Opset));
    }

    private static Dictionary<string, AttributeProto> Arguments(FunctionProto function, NodeProto call)
    {
        var arguments = new Dictionary<string, AttributeProto>(StringComparer.Ordinal);
        foreach (var attribute in function.AttributeProto.Concat(call.Attribute))
            arguments[attribute.Name] = attribute;
        return arguments;
    }

    /// <summary>Puts what the call says in the place of references to the function's attributes.</summary>
    private static void Bind(GraphProto body, Dictionary<string, AttributeProto> arguments)
    {
        foreach (var node in body.Node)
        {
            foreach (var attribute in node.Attribute.ToList())
            {
                if (attribute.RefAttrName.Length == 0)
                    continue;
                node.Attribute.Remove(attribute);
                if (!arguments.TryGetValue(attribute.RefAttrName, out var value))
                    continue;
                var bound = value.Clone();
                bound.Name = attribute.Name;
                node.Attribute.Add(bound);
            }

            foreach (var subgraph in GraphScopes.Subgraphs(node))
                Bind(subgraph, arguments);
        }
    }
}
