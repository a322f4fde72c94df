using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Onnx;

namespace Iml4e.Learning.Networks;

/// <summary>Builds the graphs of a training and loads them.</summary>
/// <param name="forward">The model.</param>
/// <param name="examples">What it learns from.</param>
/// <param name="options">How.</param>
internal sealed class StepperBuilder(ModelProto forward, Examples examples, NetworkTrainingOptions options)
{
    private const string Targets = "targets";
    private const string Weights = "sample_weights";
    private const long LargeNetwork = 1_000_000;

    private readonly string _input = InputOf(forward);

    /// <summary>Initialisers that are trained.</summary>
    internal string[] Trainable { get; } = [.. options.Trainable ?? TrainableWeights.Of(forward)];

    /// <summary>The graph that learns.</summary>
    internal GradientModel? Graph { get; private set; }

    private SessionSettings Settings => new()
    {
        IntraOpThreads = options.Threads, AllowSpinning = true, MemoryPattern = true, DenormalsAreZero = true,
        Limits = ModelLimits.Default with { MaximumInterface = 100_000 },
    };

    /// <summary>The name of a model's one input that is not stored.</summary>
    /// <exception cref="TrainingDataException">There are none or several.</exception>
    internal static string InputOf(ModelProto forward)
    {
        var stored = forward.Graph.Initializer.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        return forward.Graph.Input.Where(i => !stored.Contains(i.Name)).Select(i => i.Name).ToList() is [var only]
            ? only
            : throw new TrainingDataException("model", "the model must have one input; other networks are not trained");
    }

    /// <summary>The stepper.</summary>
    internal IStepper Build()
    {
        var large = Trainable.Length > 0 && forward.Graph.Initializer.Where(i => Trainable.Contains(i.Name)).Sum(i => i.Dims.Aggregate(1L, (a, b) => a * b)) > LargeNetwork;
        var summing = options.Accumulate > 1 || (options.HostUpdate ?? large);
        var request = Request() with
        {
            Wrt = Trainable, TrainingMode = true, FrozenStatistics = options.FrozenStatistics, MaskInputs = true, Accumulate = summing,
            Optimizer = summing ? null : options.Optimizer,
        };
        Graph = GradientGraphBuilder.Build(forward, request);
        if (!summing)
            return new FusedStepper(new TrainingGraph(Graph, _input, Settings, null, options.Seed));
        var start = Graph.Parameters.ToDictionary(p => p.Name, StringComparer.Ordinal);
        var sums = new TwoSided(Graph.SumInputs.Zip(Graph.ParamInputs, (s, p) => new Tensor(s, start[p].Datatype, start[p].Shape, new byte[start[p].Data.Length])));
        return new SummingStepper(new TrainingGraph(Graph, _input, Settings, sums, options.Seed), sums, options.Optimizer, options.Accumulate);
    }

    /// <summary>What makes adversarial examples of a stepper's batches; null when none are wanted.</summary>
    internal AdversarialExamples? BuildAttack(IStepper stepper)
    {
        if (options.Adversarial is not { } adversarial)
            return null;
        var statistics = options.FrozenStatistics
            ? [] : forward.Graph.Node.Where(n => n.OpType == "BatchNormalization").SelectMany(n => n.Input.Skip(3).Take(2)).Distinct(StringComparer.Ordinal);
        var model = GradientGraphBuilder.Build(forward, Request() with { Wrt = [_input], Open = [.. Trainable.Union(statistics)] });
        return new AdversarialExamples(adversarial, model, _input, Settings, stepper, options.Seed);
    }

    private GradientRequest Request()
    {
        var declared = forward.Graph.Input.First(i => i.Name == _input).Type.TensorType.Shape?.Dim;
        var batch = declared is [{ HasDimValue: true, DimValue: > 0 } first, ..] ? first.DimValue : options.BatchSize;
        return new GradientRequest
        {
            Wrt = [], Seed = SeedMode.Loss, KeepForwardOutputs = false,
            Loss = new LossSpec
            {
                Kind = examples.Kind == TargetKind.Class ? LossKind.SoftmaxCrossEntropy : LossKind.MeanSquaredError, LabelInput = Targets,
                SampleWeightInput = Weights,
            },
            ShapeHints = new Dictionary<string, long[]>(StringComparer.Ordinal) { [_input] = [batch, .. examples.Shape] },
        };
    }
}
