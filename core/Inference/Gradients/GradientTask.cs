using Iml4e.Inference.Gradients.Losses;
using Iml4e.Inference.Gradients.Normalization;
using Iml4e.Inference.Gradients.Rules;
using Iml4e.Inference.Onnx;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Gradients;

/// <summary>A request and the model that it is about, normalised as far as the graph alone allows.</summary>
internal sealed class GradientTask
{
    private const long MaximumFoldedBytes = 64L << 20;

    private GradientTask(WorkingGraph graph, GradientRequest request) => (Graph, Request) = (graph, request);

    /// <summary>The normalised model.</summary>
    internal WorkingGraph Graph { get; }

    /// <summary>What is asked for.</summary>
    internal GradientRequest Request { get; }

    /// <summary>Tensors to differentiate for; untied ones by their copies.</summary>
    internal string[] Wrt { get; private set; } = [];

    /// <summary>Stored tensors that become inputs without being differentiated; untied ones by their copies.</summary>
    internal string[] Opened { get; private set; } = [];

    /// <summary>Values that are seeded: those of the caller, or the output that the loss is taken of.</summary>
    internal string[] Seeds { get; private set; } = [];

    /// <summary>Stored tensors that change from run to run.</summary>
    internal HashSet<string> Variables { get; private set; } = [];

    /// <summary>Running statistics: the value read and the value after the batch.</summary>
    internal List<(string Before, string After)> Statistics { get; private set; } = [];

    /// <summary>The ways from the tensors to the seeds.</summary>
    internal Coverage Coverage { get; private set; } = null!;

    /// <summary>Normalises a model.</summary>
    internal static GradientTask Prepare(ModelProto forward, GradientRequest request)
    {
        ModelGuard.CheckStructure(forward, ModelLimits.Default);
        var graph = new WorkingGraph(forward);
        var task = new GradientTask(graph, request);
        InterfaceStep.Apply(graph);
        task.CheckNames(forward);
        FunctionInlining.Apply(graph);
        var original = graph.Opset < OpsetUplift.Target ? new WorkingGraph(graph.Model) : null;
        Dictionary<string, TensorFact>? facts = null;
        OpsetUplift.Apply(graph, name => (facts ??= task.Probe(original!)).GetValueOrDefault(name));
        ConstantStep.Apply(graph);
        var initializers = request.Wrt.Concat(request.Open).ToHashSet(StringComparer.Ordinal);
        ConstantFolding.Apply(graph, initializers, MaximumFoldedBytes);
        Decomposition.Apply(graph);
        IdentityRemoval.Apply(graph, request.TrainingMode);
        task.Untie();
        PrecisionStep.Apply(graph, request.Precision);
        task.CheckTypes();
        task.Seeds = request.Seed == SeedMode.Loss ? [task.LossOutput()] : task.SeedTensors();
        task.Coverage = Coverage.Of(graph, task.Wrt, task.Seeds);
        return task;
    }

    /// <summary>Refuses a tensor that does not influence the seeds.</summary>
    internal void RequireWays()
    {
        if (!Request.AllowZero && Wrt.FirstOrDefault(w => !Coverage.OnTheWay.Contains(w)) is { } lost)
            throw NoWay(lost);
    }

    /// <summary>The error of a tensor that does not influence the seeds.</summary>
    internal NoGradientPathException NoWay(string name)
    {
        var ends = Coverage.Of(Graph, [name], Seeds).Ends;
        var reason = ends.Count == 0
            ? "nothing leads from it to the seed; check the names, or set allowZero to get zeros"
            : $"the way ends at node {PublicText.Name(ends[0].Title())} ({ends[0].OpType}), which has no gradient; "
                + "differentiate up to it, or set allowZero to get zeros";
        return new NoGradientPathException(name, reason);
    }

    // An operator that nobody knows stops the runtime as well, which says less about it.
    private Dictionary<string, TensorFact> Probe(WorkingGraph original)
    {
        try
        {
            return ShapeProbe.Run(original, Request.ShapeHints);
        }
        catch (InvalidModelException) when (Unknown(original) is not null)
        {
            var node = Unknown(original)!;
            throw Coverage.Error(original, node, RuleTable.AdviceFor(node));
        }
    }

    private NodeProto? Unknown(WorkingGraph original) => Coverage.Of(original, Request.Wrt, original.Graph.Output.Select(o => o.Name))
        .Unsupported.FirstOrDefault(n => OperatorDomains.Normalize(n.Domain).Length > 0);

    private void CheckNames(ModelProto forward)
    {
        if (Request.Wrt.Length == 0)
            throw new GradientRequestException("wrt", "no tensor is named to differentiate for");
        if (Request.Wrt.Distinct(StringComparer.Ordinal).Count() != Request.Wrt.Length)
            throw new GradientRequestException("wrt", "a tensor is named twice");
        if (Request.Seed == SeedMode.Loss)
            LossGraph.Check(Request.Loss ?? throw new GradientRequestException("loss", "no loss is given"));
        if (Request.Optimizer is { } optimizer)
        {
            if (!Request.TrainingMode || Request.Accumulate)
                throw new GradientRequestException("optimizer", "a step is taken in training mode, and from one batch's gradients; for sums see OptimizerGraphBuilder");
            optimizer.Check();
        }

        var constants = forward.Graph.Node.Where(n => n.Is("Constant")).SelectMany(n => n.Output);
        var values = Graph.Graph.Input.Select(i => i.Name).Concat(Graph.Graph.Initializer.Select(i => i.Name));
        var known = values.Concat(constants).ToHashSet(StringComparer.Ordinal);
        if (Request.Wrt.FirstOrDefault(w => !known.Contains(w)) is { } unknown)
        {
            throw new GradientRequestException(
                "wrt", $"the model has no input or initialiser {PublicText.Name(unknown)}; its inputs are {List(Graph.Graph.Input)}");
        }

        if (Request.Open.FirstOrDefault(o => !known.Contains(o)) is { } closed)
            throw new GradientRequestException("open", $"the model has no initialiser {PublicText.Name(closed)}");
        if (Request.ShapeHints?.Keys.FirstOrDefault(k => Graph.Graph.Input.All(i => i.Name != k)) is { } input)
            throw new GradientRequestException("shapeHints", $"the model has no input {PublicText.Name(input)}");
    }

    private void Untie()
    {
        var names = Request.UntieInitializers ? Request.Wrt.Union(Request.Open).Except(Request.KeepTied, StringComparer.Ordinal).ToList() : [];
        if (Request is { TrainingMode: true, FrozenStatistics: false })
        {
            // Exporters make one tensor of all running means, too.
            var statistics = Graph.Graph.Node.Where(n => n.Is("BatchNormalization")).SelectMany(n => new[] { n.In(3), n.In(4) });
            names = [.. names.Concat(statistics).Distinct(StringComparer.Ordinal)];
        }

        var copies = Untying.Apply(Graph, names);
        Wrt = Untied(Request.Wrt);
        Opened = Untied(Request.Open);
        if (Request.TrainingMode)
            Statistics = TrainingStep.Apply(Graph, Request.FrozenStatistics);
        Variables = Wrt.Concat(Opened).Concat(Statistics.Select(s => s.Before)).ToHashSet(StringComparer.Ordinal);

        string[] Untied(string[] tied) => [.. tied.SelectMany(w => copies.TryGetValue(w, out var own) ? own : [w])];
    }

    private void CheckTypes()
    {
        var types = Graph.Graph.Input.ToDictionary(i => i.Name, i => (DataType)(i.Type?.TensorType?.ElemType ?? 0), StringComparer.Ordinal);
        foreach (var tensor in Graph.Graph.Initializer)
            types.TryAdd(tensor.Name, (DataType)tensor.DataType);
        foreach (var name in Wrt)
        {
            if (!types.TryGetValue(name, out var type))
                throw new NoGradientPathException(name, "no node reads it");
            if (type is not (DataType.Float or DataType.Double))
                throw new GradientRequestException("wrt", $"{PublicText.Name(name)} is of {type}; only real numbers (float, double) can be differentiated for");
        }
    }

    private string LossOutput()
    {
        var name = Request.Loss!.Output ?? Graph.Graph.Output.FirstOrDefault()?.Name
            ?? throw new GradientRequestException("loss.output", "the model has no output");
        return Graph.Graph.Output.Any(o => o.Name == name)
            ? name
            : throw new GradientRequestException(
                "loss.output", $"the model has no output {PublicText.Name(name)}; its outputs are {List(Graph.Graph.Output)}");
    }

    private string[] SeedTensors()
    {
        if (Request.SeedTensors.Length == 0)
        {
            return [.. Graph.Graph.Output.Where(IsReal).Select(o => o.Name)];
        }

        var known = Graph.Graph.Node.SelectMany(n => n.Output).ToHashSet(StringComparer.Ordinal);
        return Request.SeedTensors.FirstOrDefault(s => s.Length == 0 || !known.Contains(s)) is { } unknown
            ? throw new GradientRequestException("seedTensors", $"the model computes no value {PublicText.Name(unknown)}")
            : Request.SeedTensors;
    }

    // Of an output whose type is not declared, that is found out later.
    private static bool IsReal(ValueInfoProto value) =>
        (DataType)(value.Type?.TensorType?.ElemType ?? 0) is DataType.Float or DataType.Double or DataType.Undefined;

    private static string List(IEnumerable<ValueInfoProto> values) => string.Join(", ", values.Take(10).Select(v => PublicText.Name(v.Name)));
}
