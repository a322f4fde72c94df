using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Inference.Gradients;

/// <summary>One operator as a model: what it reads, and which of that is differentiated.</summary>
internal sealed class OpCase(string op, int opset = 18, string domain = "")
{
    private readonly List<string> _inputs = [];
    private readonly List<AttributeProto> _attributes = [];
    private readonly GraphProto _graph = new() { Name = op };
    private readonly List<Tensor> _fed = [];
    private readonly List<string> _wrt = [];
    private int _outputs = 1;

    /// <summary>What is fed.</summary>
    internal IReadOnlyList<Tensor> Fed => _fed;

    /// <summary>What is differentiated.</summary>
    internal IReadOnlyList<string> Wrt => _wrt;

    /// <summary>An input that is differentiated; dimensions of these numbers are free.</summary>
    internal OpCase In(Tensor tensor, params int[] free)
    {
        _wrt.Add(tensor.Name);
        return Feed(tensor, free);
    }

    /// <summary>An input that is not differentiated.</summary>
    internal OpCase Feed(Tensor tensor, params int[] free)
    {
        var dims = tensor.Shape.Select((d, i) => free.Contains(i) ? (Dim)$"{tensor.Name}_{i}" : d).ToArray();
        var shape = new TensorShapeProto();
        shape.Dim.AddRange(dims.Select(d => d.ToProto()));
        _graph.Input.Add(new ValueInfoProto
        {
            Name = tensor.Name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)tensor.Datatype.ToOnnx(), Shape = shape } },
        });
        _fed.Add(tensor);
        _inputs.Add(tensor.Name);
        return this;
    }

    /// <summary>A stored tensor that is differentiated.</summary>
    internal OpCase Weight(Tensor tensor)
    {
        _wrt.Add(tensor.Name);
        return Stored(tensor);
    }

    /// <summary>A stored tensor.</summary>
    internal OpCase Stored(Tensor tensor)
    {
        _graph.Initializer.Add(TensorProtos.Write(tensor));
        _inputs.Add(tensor.Name);
        return this;
    }

    internal OpCase Ints(string name, params long[] values) => Stored(Tensor.FromInt64s(name, values, values.Length));

    internal OpCase Missing()
    {
        _inputs.Add("");
        return this;
    }

    internal OpCase With(params AttributeProto[] attributes)
    {
        _attributes.AddRange(attributes);
        return this;
    }

    internal OpCase Giving(int outputs)
    {
        _outputs = outputs;
        return this;
    }

    internal ModelProto Model()
    {
        var model = new ModelProto { IrVersion = 8, Graph = _graph.Clone() };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = opset });
        if (domain.Length > 0)
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = 1 });
        var outputs = Enumerable.Range(0, _outputs).Select(i => i == 0 ? "y" : "y" + i).ToList();
        model.Graph.Node.Add(new NodeProto
        {
            OpType = op, Name = "op", Domain = domain, Input = { _inputs }, Output = { outputs }, Attribute = { _attributes },
        });
        model.Graph.Output.AddRange(outputs.Select(o => new ValueInfoProto { Name = o }));
        return model;
    }
}
