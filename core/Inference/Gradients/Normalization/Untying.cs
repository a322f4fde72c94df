using System.Globalization;
using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Normalization;

/// <summary>Gives each node that reads a shared stored tensor a copy of its own: exporters make one of equal values, and its gradient would be a sum.</summary>
internal static class Untying
{
    /// <summary>Unties tensors.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="names">Stored tensors that are to be differentiated and are not tied on purpose.</param>
    /// <returns>Each untied name and the names of its copies, <c>&lt;name&gt;#&lt;node&gt;</c>.</returns>
    internal static Dictionary<string, List<string>> Apply(WorkingGraph graph, IEnumerable<string> names)
    {
        var result = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var stored = graph.Initializers();
        foreach (var name in names)
        {
            if (!stored.TryGetValue(name, out var tensor) || (TensorProto.Types.DataType)tensor.DataType is TensorProto.Types.DataType.Int64)
                continue;
            var readers = graph.Graph.Node.Where(n => n.Input.Contains(name)).ToList();
            if (readers.Count < 2)
                continue;
            var copies = new List<string>();
            for (var i = 0; i < readers.Count; i++)
            {
                var copy = tensor.Clone();
                copy.Name = graph.Fresh(string.Create(CultureInfo.InvariantCulture, $"{name}#{readers[i].Title()}"));
                graph.Graph.Initializer.Add(copy);
                copies.Add(copy.Name);
                for (var k = 0; k < readers[i].Input.Count; k++)
                {
                    if (readers[i].Input[k] == name)
                        readers[i].Input[k] = copy.Name;
                }
            }

            result[name] = copies;
        }

        return result;
    }
}
