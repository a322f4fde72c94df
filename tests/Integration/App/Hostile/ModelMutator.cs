using Google.Protobuf;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;
using Iml4e.Tests.Unit.Inference.Onnx.Hostile;

namespace Iml4e.Tests.Integration.App.Hostile;

/// <summary>Changes sound small models at random, byte by byte or part by part; the same seed gives the same files.</summary>
internal sealed class ModelMutator(int seed, params IReadOnlyList<byte[]> more)
{
    private static readonly string[] Operators =
    [
        "Relu", "Neg", "Add", "Mul", "Div", "Mod", "MatMul", "Gemm", "Conv", "MaxPool", "Reshape", "Expand", "Tile", "Concat", "Split", "Slice", "Gather", "Scatter", "TopK", "Loop", "If", "Scan",
        "Cast", "ReduceSum", "Squeeze", "Unsqueeze", "Transpose", "Pad", "Resize", "NonZero", "Where", "OneHot", "CumSum", "Einsum", "LSTM", "BatchNormalization", "QuantizeLinear", "Identity",
    ];

    private static readonly long[] Numbers = [0, 1, -1, 2, 3, 7, 64, 1 << 20, int.MaxValue, int.MinValue, 1L << 33, long.MaxValue, long.MinValue];
    private readonly Random _random = new(seed);
    private readonly byte[][] _models = [HostileModels.Model().ToByteArray(), Branches(), Convolution(), .. more];

    /// <summary>The next file.</summary>
    public byte[] Next()
    {
        var model = _models[_random.Next(_models.Length)];
        return _random.Next(2) == 0 ? Bytes(model) : Parts(model);
    }

    private byte[] Bytes(byte[] model)
    {
        var result = model.ToList();
        for (var times = _random.Next(1, 6); times > 0 && result.Count > 8; times--)
        {
            var at = _random.Next(result.Count);
            switch (_random.Next(6))
            {
                case 0:
                    result.RemoveRange(at, Math.Min(result.Count - at, _random.Next(1, 9)));
                    break;
                case 1:
                    result.InsertRange(at, result.Skip(_random.Next(result.Count)).Take(_random.Next(1, 40)).ToArray());
                    break;
                case 2:
                    result[at] ^= (byte)(1 << _random.Next(8));
                    break;
                default:
                    result[at] = (byte)_random.Next(256);
                    break;
            }
        }

        return [.. result];
    }

    private byte[] Parts(byte[] bytes)
    {
        var model = ModelProto.Parser.ParseFrom(bytes);
        for (var times = _random.Next(1, 4); times > 0; times--)
            Change(model.Graph);
        return model.ToByteArray();
    }

    private void Change(GraphProto graph)
    {
        var node = Any(graph.Node);
        var tensor = Any(graph.Initializer);
        var attribute = node is null ? null : Any(node.Attribute);
        switch (_random.Next(12))
        {
            case 0 when node is not null:
                node.OpType = Operators[_random.Next(Operators.Length)];
                break;
            case 1 when node is { Input.Count: > 0 }:
                node.Input[_random.Next(node.Input.Count)] = Name(graph);
                break;
            case 2 when node is not null:
                node.Input.Add(Name(graph));
                break;
            case 3 when node is { Input.Count: > 0 }:
                node.Input.RemoveAt(_random.Next(node.Input.Count));
                break;
            case 4 when attribute is not null:
                attribute.I = Number();
                attribute.F = BitConverter.Int32BitsToSingle(_random.Next());
                if (attribute.Ints.Count > 0)
                    attribute.Ints[_random.Next(attribute.Ints.Count)] = Number();
                break;
            case 5 when node is not null:
                node.Attribute.Add(Attr.Ints(_random.Next(2) == 0 ? "axes" : "kernel_shape", Number(), Number()));
                break;
            case 6 when tensor is { Dims.Count: > 0 }:
                tensor.Dims[_random.Next(tensor.Dims.Count)] = Number();
                break;
            case 7 when tensor is { RawData.Length: > 0 }:
                var data = tensor.RawData.ToByteArray();
                BitConverter.TryWriteBytes(data.AsSpan(_random.Next(data.Length / 4) * 4), (int)Number());
                tensor.RawData = ByteString.CopyFrom(data);
                break;
            case 8 when tensor is not null:
                tensor.DataType = _random.Next(0, 24);
                break;
            case 9 when Any(graph.Input) is { Type.TensorType: { } type }:
                type.ElemType = _random.Next(0, 24);
                break;
            case 10 when Any(graph.Input) is { Type.TensorType.Shape: { Dim.Count: > 0 } shape }:
                shape.Dim[_random.Next(shape.Dim.Count)].DimValue = Number();
                break;
            case 11 when attribute?.G is { } inner:
                Change(inner);
                break;
            default:
                graph.Node.Add(new NodeProto { OpType = Operators[_random.Next(Operators.Length)], Input = { Name(graph), Name(graph) }, Output = { $"new{_random.Next(1000)}" } });
                break;
        }
    }

    private long Number() => Numbers[_random.Next(Numbers.Length)];

    private string Name(GraphProto graph)
    {
        string[] names = [.. graph.Input.Select(i => i.Name), .. graph.Initializer.Select(i => i.Name), .. graph.Node.SelectMany(n => n.Output)];
        return names.Length == 0 ? "none" : names[_random.Next(names.Length)];
    }

    private T? Any<T>(IReadOnlyList<T> list)
        where T : class => list.Count == 0 ? null : list[_random.Next(list.Count)];

    private static byte[] Branches()
    {
        var g = new GraphBuilder("branches");
        var x = g.Input("x", TensorDatatype.FP32, "N", 2);
        var (yes, no) = (g.Subgraph("yes"), g.Subgraph("no"));
        yes.Output(yes.Node("Softmax", [x], [Attr.Int("axis", -1)]), TensorDatatype.FP32);
        no.Output(no.Node("Neg", [x]), TensorDatatype.FP32);
        var flag = g.Node("Greater", [g.Node("ReduceMax", [x], [Attr.Int("keepdims", 0)]), g.Scalar("limit", 3f)]);
        var chosen = g.Node("If", [flag], [Attr.Graph("then_branch", yes.BuildGraph()), Attr.Graph("else_branch", no.BuildGraph())]);
        g.Output("y", g.Node("Reshape", [chosen, g.Initializer("shape", [-1L, 1L])]), TensorDatatype.FP32);
        var model = g.Build();
        model.Graph.Output[0].Type.TensorType.Shape = null;
        return model.ToByteArray();
    }

    private static byte[] Convolution()
    {
        var g = new GraphBuilder("convolution");
        var x = g.Input("x", TensorDatatype.FP32, 1, 1, 6, 6);
        var kernel = g.Initializer("kernel", Enumerable.Range(0, 18).Select(i => i / 10f).ToArray(), 2, 1, 3, 3);
        var y = g.Node("Conv", [x, kernel], [Attr.Ints("kernel_shape", 3, 3), Attr.Ints("pads", 1, 1, 1, 1), Attr.Ints("strides", 1, 1), Attr.Int("group", 1)]);
        y = g.Node("MaxPool", [y], [Attr.Ints("kernel_shape", 2, 2), Attr.Ints("strides", 2, 2)]);
        y = g.Node("Resize", [y, "", g.Initializer("scales", [1f, 1f, 2f, 2f])], [Attr.Text("mode", "nearest")]);
        y = g.Node("Flatten", [y], [Attr.Int("axis", 1)]);
        g.Output("y", g.Node("ReduceSum", [y, g.Initializer("axes", [1L])], [Attr.Int("keepdims", 1)]), TensorDatatype.FP32);
        var model = g.Build();
        model.Graph.Output[0].Type.TensorType.Shape = null;
        return model.ToByteArray();
    }
}
