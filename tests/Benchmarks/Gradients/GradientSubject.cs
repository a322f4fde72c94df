using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Onnx;

namespace Iml4e.Benchmarks.Gradients;

/// <summary>A model with its gradient graph and inputs, ready to be run here and in PyTorch.</summary>
internal sealed class GradientSubject
{
    private readonly ModelProto _plain;

    private GradientSubject(GradientModel model, ModelProto forward, ModelProto plain, IReadOnlyList<Tensor> inputs, string[] wrt) =>
        (Model, Forward, _plain, Inputs, Wrt) = (model, forward, plain, inputs, wrt);

    /// <summary>The gradient graph.</summary>
    internal GradientModel Model { get; }

    /// <summary>The model as it was normalised for it, by itself.</summary>
    internal ModelProto Forward { get; }

    /// <summary>Values of the inputs, of stored tensors that are inputs in training, and of the outputs' cotangents.</summary>
    internal IReadOnlyList<Tensor> Inputs { get; }

    /// <summary>What is differentiated.</summary>
    internal string[] Wrt { get; }

    /// <summary>Builds the graph.</summary>
    /// <param name="model">The model; its first input that is not stored gets random numbers.</param>
    /// <param name="shape">Shape of that input.</param>
    /// <param name="weights">Whether the gradients of all weights are asked for, too.</param>
    /// <param name="training">Whether as in training: weights are inputs, batch normalisation by the batch.</param>
    /// <param name="seed">Seed of the input and the cotangents.</param>
    internal static GradientSubject Of(ModelProto model, long[] shape, bool weights, bool training = false, int seed = 5)
    {
        var stored = model.Graph.Initializer.ToDictionary(i => i.Name, StringComparer.Ordinal);
        var input = model.Graph.Input.First(i => !stored.ContainsKey(i.Name)).Name;
        string[] wrt = training ? Weights(model, stored) : weights ? [input, .. Weights(model, stored)] : [input];
        var request = new GradientRequest { Wrt = wrt, KeepTied = wrt, TrainingMode = training, ShapeHints = new Dictionary<string, long[]> { [input] = shape } };
        var gradients = GradientGraphBuilder.Build(model, request);
        var forward = Forwards(gradients);
        // PyTorch normalises by the batch in its own way, not in the steps that the gradient graph takes.
        var plain = training ? Forwards(GradientGraphBuilder.Build(model, request with { TrainingMode = false })) : forward;
        var random = new Random(seed);
        var x = Tensor.FromFloats(input, [.. Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(_ => (float)random.NextDouble())], shape);
        List<Tensor> inputs = [x, .. gradients.Parameters];
        using var session = ModelSession.Load(forward);
        inputs.AddRange(session.Run([.. inputs.Where(i => session.Metadata.Input(i.Name) is not null)])
            .Select(y => Tensor.FromFloats("dY_" + y.Name, [.. y.ToDoubles().Select(_ => (float)(random.NextDouble() - 0.5))], y.Shape)));
        return new GradientSubject(gradients, forward, plain, inputs, wrt);
    }

    /// <summary>The gradients, computed here.</summary>
    internal IReadOnlyList<Tensor> Run()
    {
        using var session = ModelSession.Load(Model.Model);
        return session.Run(Inputs, Model.GradOutputs);
    }

    /// <summary>The same for PyTorch.</summary>
    internal TorchGraph ForTorch(string folder)
    {
        var stored = _plain.Graph.Initializer.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        return TorchGraph.Write(folder, _plain, [.. Inputs.Where(i => !stored.Contains(i.Name))], Wrt);
    }

    private static ModelProto Forwards(GradientModel gradients) =>
        GraphSurgery.KeepOutputs(gradients.Model, gradients.SeedInputs.Select(s => s["dY_".Length..]), dropUnusedInputs: true);

    private static string[] Weights(ModelProto model, Dictionary<string, TensorProto> stored)
    {
        var statistics = model.Graph.Node.Where(n => n.OpType == "BatchNormalization").SelectMany(n => n.Input.Skip(3)).ToHashSet(StringComparer.Ordinal);
        string[] layers = ["Conv", "ConvTranspose", "Gemm", "MatMul", "BatchNormalization", "PRelu"];
        return
        [
            .. model.Graph.Node.Where(n => layers.Contains(n.OpType)).SelectMany(n => n.Input).Distinct()
                .Where(i => stored.TryGetValue(i, out var t) && t.DataType == (int)TensorProto.Types.DataType.Float && !statistics.Contains(i)),
        ];
    }
}
