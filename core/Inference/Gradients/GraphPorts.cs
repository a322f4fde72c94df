using Iml4e.Inference.Gradients.Normalization;
using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients;

/// <summary>Declares inputs and outputs of a graph being written.</summary>
/// <param name="graph">The graph.</param>
/// <param name="emitter">Writes its nodes.</param>
internal sealed class GraphPorts(WorkingGraph graph, GraphEmitter emitter)
{
    /// <summary>Declares an input under a free name like the wanted one.</summary>
    internal Term Input(string wanted, TensorFact fact)
    {
        var name = graph.Fresh(wanted);
        graph.Graph.Input.Add(Describe(name, fact));
        emitter.Know(name, fact);
        return emitter.Value(name);
    }

    /// <summary>Makes an output of a value, under a free name like the wanted one, and returns that.</summary>
    internal string Output(Term term, string wanted)
    {
        var name = Name(term, wanted);
        graph.Graph.Output.Add(Describe(name, term.Fact));
        return name;
    }

    /// <summary>Gives a value a free name like the wanted one, without declaring it.</summary>
    internal string Name(Term term, string wanted)
    {
        var name = graph.Fresh(wanted);
        graph.Graph.Node.Add(new NodeProto { OpType = "Identity", Name = name, Input = { term.Name }, Output = { name } });
        return name;
    }

    /// <summary>A value as inputs and outputs are declared.</summary>
    internal static ValueInfoProto Describe(string name, TensorFact fact)
    {
        var shape = new TensorShapeProto();
        shape.Dim.AddRange((fact.Shape ?? []).Select(e => e.IsFixed ? new Dim(e.First).ToProto() : new TensorShapeProto.Types.Dimension()));
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)fact.Type, Shape = fact.Shape is null ? null : shape };
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }
}
