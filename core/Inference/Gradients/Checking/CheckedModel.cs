using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Checking;

/// <summary>A model and its gradients, ready to run at a point that can be moved; in double precision where the runtime has all kernels.</summary>
internal sealed class CheckedModel : IDisposable
{
    private readonly Dictionary<string, Tensor> _inputs = new(StringComparer.Ordinal);
    private readonly ModelSession _forward;
    private readonly ModelSession _backward;
    private readonly GradientModel _model;
    private readonly string[] _outputs;
    private Dictionary<string, long[]> _shapes = [];

    internal CheckedModel(ModelProto forward, GradientRequest request, IReadOnlyList<Tensor> inputs, SessionSettings settings, Random random)
    {
        // What is changed must be an input; cotangents come from here.
        var seeded = request with { Seed = SeedMode.External, Loss = null, KeepForwardOutputs = true, TrainingMode = false };
        var open = Open(forward, request.Wrt);
        _model = GradientGraphBuilder.Build(open, seeded with { Precision = GradPrecision.Float32 });
        try
        {
            var precise = GradientGraphBuilder.Build(open, seeded with { Precision = GradPrecision.Float64 });
            _backward = ModelSession.Load(precise.Model, settings);
            (_model, IsDouble) = (precise, true);
        }
        catch (Exception e) when (e is InvalidModelException or InferenceFailedException or GradientException)
        {
            // In single precision it could be built: the runtime lacks a kernel in double.
            _backward = ModelSession.Load(_model.Model, settings);
        }

        try
        {
            _outputs = [.. _model.SeedInputs.Select(s => _model.Model.Graph.Output.Any(o => o.Name == s[3..])
                ? s[3..] : throw new GradientRequestException("seedTensors", $"{PublicText.Name(s[3..])} is no output; gradients are checked from outputs"))];
            _forward = ModelSession.Load(GraphSurgery.KeepOutputs(_model.Model, _outputs, dropUnusedInputs: true), settings);
        }
        catch
        {
            _backward.Dispose();
            throw;
        }

        FillInputs(inputs, random);
    }

    /// <summary>Whether everything is in double precision.</summary>
    internal bool IsDouble { get; }

    /// <summary>What was built.</summary>
    internal CoverageReport Report => _model.Report;

    /// <summary>The value of an input.</summary>
    internal double[] this[string input] => _inputs[input].ToDoubles();

    /// <summary>The outputs at the point.</summary>
    internal Dictionary<string, double[]> Outputs(CancellationToken ct) => Outputs(_inputs, ct);

    /// <summary>The outputs with one input changed.</summary>
    internal Dictionary<string, double[]> OutputsWith(string input, double[] values, CancellationToken ct) =>
        Outputs(new Dictionary<string, Tensor>(_inputs, StringComparer.Ordinal) { [input] = Reals(input, values, _inputs[input].Shape) }, ct);

    /// <summary>The gradients at the point for cotangents of the outputs.</summary>
    internal Dictionary<string, double[]> Gradients(IReadOnlyDictionary<string, double[]> cotangents, CancellationToken ct)
    {
        var seeds = _outputs.Select(o => Reals("dY_" + o, cotangents[o], _shapes[o]));
        var results = _backward.Run([.. _inputs.Values, .. seeds], _model.GradOutputs, ct);
        return results.ToDictionary(r => r.Name["grad_".Length..], r => r.ToDoubles(), StringComparer.Ordinal);
    }

    /// <summary>Frees the sessions.</summary>
    public void Dispose()
    {
        _forward.Dispose();
        _backward.Dispose();
    }

    private Dictionary<string, double[]> Outputs(IReadOnlyDictionary<string, Tensor> inputs, CancellationToken ct)
    {
        var results = _forward.Run([.. inputs.Values.Where(i => _forward.Metadata.Input(i.Name) is not null)], _outputs, ct);
        _shapes = results.ToDictionary(r => r.Name, r => r.Shape, StringComparer.Ordinal);
        return results.ToDictionary(r => r.Name, r => r.ToDoubles(), StringComparer.Ordinal);
    }

    /// <summary>Makes inputs of stored tensors that are differentiated.</summary>
    private ModelProto Open(ModelProto forward, string[] wrt)
    {
        var model = forward.Clone();
        var inputs = model.Graph.Input.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var tensor in model.Graph.Initializer.Where(i => wrt.Contains(i.Name)).ToList())
        {
            model.Graph.Initializer.Remove(tensor);
            var value = TensorProtos.Read(tensor);
            _inputs[tensor.Name] = value;
            if (!inputs.Contains(tensor.Name))
                model.Graph.Input.Add(GraphBuilder.Value(tensor.Name, value.Datatype, Array.ConvertAll(value.Shape, d => (Dim)d)));
        }

        return model;
    }

    private void FillInputs(IReadOnlyList<Tensor> given, Random random)
    {
        foreach (var input in given)
            _inputs[input.Name] = input;
        foreach (var input in _backward.Metadata.Inputs.Where(i => !_model.SeedInputs.Contains(i.Name)))
        {
            var known = _inputs.GetValueOrDefault(input.Name);
            var shape = known?.Shape ?? Array.ConvertAll(input.Shape, d => d < 0 ? 1 : d);
            var count = (int)ShapeMath.TryCount(shape);
            _inputs[input.Name] = input.Datatype is TensorDatatype.FP32 or TensorDatatype.FP64
                ? Reals(input.Name, known?.ToDoubles() ?? [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() - 0.5)], shape)
                : known ?? Blank(input, shape, count);
        }
    }

    private static Tensor Blank(TensorMetadata input, long[] shape, int count) => input.Datatype == TensorDatatype.Bytes
        ? new Tensor(input.Name, Enumerable.Repeat(Array.Empty<byte>(), count).ToArray(), shape)
        : new Tensor(input.Name, input.Datatype, shape, new byte[count * input.Datatype.ElementSize()]);

    private Tensor Reals(string name, double[] values, long[] shape) =>
        IsDouble || _backward.Metadata.Input(name)!.Datatype == TensorDatatype.FP64
            ? Tensor.FromDoubles(name, values, shape)
            : Tensor.FromFloats(name, Array.ConvertAll(values, v => (float)v), shape);
}
