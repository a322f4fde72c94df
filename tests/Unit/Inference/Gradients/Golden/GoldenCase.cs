using System.Text.Json;
using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Inference.Gradients.Golden;

/// <summary>One operator with its inputs, and the outputs and gradients that PyTorch's automatic differentiation found for it (see operators.py).</summary>
internal sealed class GoldenCase
{
    /// <summary>Where all of a tensor is less than this, errors are relative to this.</summary>
    internal const double Floor = 1e-3;

    private readonly int _opset;
    private readonly string _op;
    private readonly string _domain;
    private readonly bool _training;
    private readonly int _outputs;
    private readonly TensorDatatype _type;
    private readonly AttributeProto[] _attributes;
    private readonly GoldenInput[] _inputs;
    private readonly long[][] _shapes;
    private readonly double[][] _y;
    private readonly Dictionary<string, double[]> _gradients;

    internal GoldenCase(JsonElement json)
    {
        Name = json.GetProperty("case").GetString()!;
        _op = json.GetProperty("op").GetString()!;
        _domain = json.TryGetProperty("domain", out var domain) ? domain.GetString()! : "";
        _opset = json.GetProperty("opset").GetInt32();
        _training = json.TryGetProperty("training", out var training) && training.GetBoolean();
        _outputs = json.TryGetProperty("outputs", out var outputs) ? outputs.GetInt32() : 1;
        _type = json.TryGetProperty("type", out _) ? TensorDatatype.FP64 : TensorDatatype.FP32;
        _attributes = json.TryGetProperty("attributes", out var attributes) ? [.. attributes.EnumerateObject().Select(Attribute)] : [];
        _inputs = [.. json.GetProperty("inputs").EnumerateArray().Select(i => new GoldenInput(Name, i))];
        _shapes = [.. json.GetProperty("shapes").EnumerateArray().Select(GoldenInput.Longs)];
        _y = [.. json.GetProperty("y").EnumerateArray().Select(GoldenInput.Reals)];
        _gradients = json.GetProperty("gradients").EnumerateObject().ToDictionary(g => g.Name, g => GoldenInput.Reals(g.Value), StringComparer.Ordinal);
    }

    /// <summary>Its name: the operator and what is special.</summary>
    internal string Name { get; }

    /// <summary>The operator; one that is not standard after its domain.</summary>
    internal string Operator => _domain.Length == 0 ? _op : $"{_domain}.{_op}";

    /// <summary>Whether it may also be run with free dimensions.</summary>
    internal bool MayBeFree => _inputs.Any(i => i.Dimensions is not null);

    /// <summary>Builds and runs the gradient graph in single precision.</summary>
    /// <param name="free">Whether dimensions are free, and weights and indices are inputs.</param>
    /// <returns>The largest error of each output and gradient, relative to its largest number.</returns>
    internal List<(string Tensor, double Error)> Compare(bool free)
    {
        var forward = Model(free);
        string[] wrt = [.. _gradients.Keys], outputs = [.. _y.Select((_, k) => OutputName(k))];
        var request = new GradientRequest { Wrt = wrt, SeedTensors = outputs, TrainingMode = _training };
        var model = GradientGraphBuilder.Build(forward, request);
        Assert.All(model.Model.Graph.Node.Where(n => n.OpType != _op), n => Assert.Equal("", n.Domain));
        using var session = ModelSession.Load(model.Model);
        var results = session.Run([.. Fed(session, model)]).ToDictionary(t => t.Name, StringComparer.Ordinal);
        return
        [
            .. outputs.Select((o, k) => (o, Error(_y[k], results[o], _shapes[k]))),
            .. wrt.Select(w => ("grad_" + w, Error(_gradients[w], results["grad_" + w], _inputs.First(i => i.Name == w).Value!.Shape))),
        ];
    }

    private static double Error(double[] expected, Tensor actual, long[] shape)
    {
        Assert.True(shape.SequenceEqual(actual.Shape), $"{actual.Name} is [{string.Join(',', actual.Shape)}], not [{string.Join(',', shape)}]");
        var scale = Math.Max(expected.Length == 0 ? 0 : expected.Max(Math.Abs), Floor);
        var error = expected.Length == 0 ? 0 : expected.Zip(actual.ToDoubles(), (a, b) => Math.Abs(a - b)).Max() / scale;
        return double.IsFinite(error) ? error : double.PositiveInfinity;
    }

    private static string OutputName(int k) => k == 0 ? "y" : $"y{k}";

    private ModelProto Model(bool free)
    {
        var g = new GraphBuilder(_op, _opset);
        var inputs = _inputs.Select(i => Input(g, i, free)).ToArray();
        var names = g.Nodes(_op, inputs, [.. Enumerable.Range(0, _outputs).Select(OutputName)], _attributes, _domain);
        for (var k = 0; k < _shapes.Length; k++)
            g.Output(names[k], _type, [.. _shapes[k].Select(d => free ? "" : (Dim)d)]);
        return g.Build();
    }

    private static string Input(GraphBuilder g, GoldenInput input, bool free)
    {
        if (input.Value is not { } value)
            return "";
        if (input.IsDifferentiated ? !free && input.IsStored : !free || !input.IsOpen)
            return g.Initializer(value);
        return g.Input(input.Name, value.Datatype, free && input.Dimensions is { } dims ? dims : [.. value.Shape.Select(d => (Dim)d)]);
    }

    private IEnumerable<Tensor> Fed(ModelSession session, GradientModel model)
    {
        var own = _inputs.Where(i => i.Value is not null).ToDictionary(i => i.Name, i => i.Value!, StringComparer.Ordinal);
        var parameters = model.Parameters.ToDictionary(p => p.Name, StringComparer.Ordinal);
        foreach (var input in session.Metadata.Inputs.Select(i => i.Name))
        {
            yield return own.TryGetValue(input, out var value) ? value
                : parameters.TryGetValue(input, out var parameter) ? parameter
                : Cotangent(Array.FindIndex([.. _shapes.Select((_, k) => "dY_" + OutputName(k))], n => n == input));
        }
    }

    private Tensor Cotangent(int k)
    {
        var (name, values) = ("dY_" + OutputName(k), GoldenInput.Numbers($"{Name}/dY_{k}", _shapes[k], -1, 1));
        return _type == TensorDatatype.FP64
            ? Tensor.FromDoubles(name, Array.ConvertAll(values, v => (double)v), _shapes[k])
            : Tensor.FromFloats(name, values, _shapes[k]);
    }

    private static AttributeProto Attribute(JsonProperty json) => json.Value.ValueKind switch
    {
        JsonValueKind.String => Attr.Text(json.Name, json.Value.GetString()!),
        JsonValueKind.Array => Attr.Ints(json.Name, GoldenInput.Longs(json.Value)),
        _ => json.Value.TryGetInt64(out var number) && !json.Value.GetRawText().Contains('.', StringComparison.Ordinal)
            ? Attr.Int(json.Name, number) : Attr.Float(json.Name, (float)json.Value.GetDouble()),
    };
}
