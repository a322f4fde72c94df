using System.Globalization;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Onnx;

/// <summary>
/// Counts the nodes that a prediction runs, loops and functions unfolded, and refuses models that run for ever or nearly so, as far as the file itself fixes it.
/// Loops whose rounds depend on what comes in are not refused: that shows when the model is tried.
/// </summary>
internal sealed class WorkGuard
{
    // Each runs a graph of its own as often as it decides.
    private static readonly HashSet<string> Searches = new(StringComparer.Ordinal) { "BeamSearch", "GreedySearch", "Sampling", "WhisperBeamSearch" };

    private readonly ModelLimits _limits;
    private readonly ILookup<(string Domain, string Name), FunctionProto> _functions;
    private readonly Dictionary<FunctionProto, NodeRuns> _ofFunctions = [];
    private readonly bool _batchedScan;

    private WorkGuard(ModelProto model, ModelLimits limits)
    {
        _limits = limits;
        _functions = model.Functions.ToLookup(f => (OperatorDomains.Normalize(f.Domain), f.Name));
        _batchedScan = model.OpsetImport.Any(o => OperatorDomains.Normalize(o.Domain) == OperatorDomains.Standard && o.Version < 9);
    }

    /// <summary>Counts the nodes that a prediction runs; the model's structure and order are checked already.</summary>
    /// <exception cref="InvalidModelException">A loop that is fixed in the model runs more rounds, or more nodes, than are allowed.</exception>
    internal static NodeRuns Count(ModelProto model, ModelLimits limits)
    {
        var guard = new WorkGuard(model, limits);
        var runs = guard.Of(model.Graph, new KnownValues(null), isMain: true);
        foreach (var function in model.Functions)
            guard.Of(function);
        if (runs.Least > limits.MaximumNodeRuns)
        {
            throw new InvalidModelException(string.Create(
                CultureInfo.InvariantCulture, $"a prediction of the model runs {runs.Least:0} nodes at least, counting rounds of loops; {limits.MaximumNodeRuns} are allowed"));
        }

        return runs;
    }

    private NodeRuns Of(GraphProto graph, KnownValues values, bool isMain)
    {
        foreach (var tensor in graph.Initializer)
            values.Store(tensor);
        foreach (var input in isMain ? graph.Input : [])
            values.Declare(input);
        return Of(graph.Node, values);
    }

    private NodeRuns Of(FunctionProto function)
    {
        if (_ofFunctions.TryGetValue(function, out var runs))
            return runs;
        return _ofFunctions[function] = Of(function.Node, new KnownValues(null));
    }

    private NodeRuns Of(IEnumerable<NodeProto> nodes, KnownValues values)
    {
        var runs = default(NodeRuns);
        foreach (var node in nodes)
        {
            var own = Of(node, values);
            if (!values.Follow(node))
                runs += own;
        }

        return runs;
    }

    private NodeRuns Of(NodeProto node, KnownValues values)
    {
        var domain = OperatorDomains.Normalize(node.Domain);
        if (_functions[(domain, node.OpType)].ToArray() is { Length: > 0 } functions)
            return functions.Select(Of).Aggregate(NodeRuns.Either);
        var one = new NodeRuns(1, 1);
        return (domain, node.OpType) switch
        {
            (OperatorDomains.Standard, "If") => one + Branches(node, values),
            (OperatorDomains.Standard, "Loop") => one + Loop(node, values),
            (OperatorDomains.Standard, "Scan") => one + Scan(node, values),
            (OperatorDomains.Microsoft, { } name) when Searches.Contains(name) => new NodeRuns(1, double.PositiveInfinity),
            _ when GraphScopes.Subgraphs(node).Any() => new NodeRuns(1, double.PositiveInfinity),
            _ => one,
        };
    }

    private NodeRuns Branches(NodeProto node, KnownValues values)
    {
        var then = Body(node, "then_branch", values, out _);
        var otherwise = Body(node, "else_branch", values, out _);
        return values.Find(node, 0)?.Single is { } condition ? (condition != 0 ? then : otherwise) : NodeRuns.Either(then, otherwise);
    }

    private NodeRuns Loop(NodeProto node, KnownValues values)
    {
        var body = Body(node, "body", values, out var next);
        var given = values.Find(node, 0)?.Single;
        var isGiven = node.Input.Count > 0 && node.Input[0].Length > 0;
        var rounds = isGiven && given is null ? new NodeRuns(0, double.PositiveInfinity) : Rounds(Math.Max(0, given ?? double.PositiveInfinity));
        // After the first round: the condition that the body hands on, known only when it is the same for ever.
        rounds = next switch
        {
            null => rounds with { Least = Math.Min(1, rounds.Least) },
            0 => new NodeRuns(Math.Min(1, rounds.Least), Math.Min(1, rounds.Most)),
            _ => rounds,
        };
        if (node.Input.Count > 1 && node.Input[1].Length > 0)
        {
            var start = values.Find(node, 1)?.Single;
            rounds = new NodeRuns(start is null or 0 ? 0 : rounds.Least, start is 0 ? 0 : rounds.Most);
        }

        if (rounds.Least > _limits.MaximumIterations)
        {
            throw new InvalidModelException(string.Create(
                CultureInfo.InvariantCulture,
                $"node {PublicText.Name(node.Name)} ('Loop') runs {Said(rounds.Least)} rounds, and nothing in it can end it before; {_limits.MaximumIterations} are allowed"));
        }

        return Checked(node, rounds * body);
    }

    private NodeRuns Scan(NodeProto node, KnownValues values)
    {
        var body = Body(node, "body", values, out _);
        var scanned = (int)Math.Clamp(Attribute(node, "num_scan_inputs")?.I ?? 0, 0, node.Input.Count);
        var axes = Attribute(node, "scan_input_axes")?.Ints;
        for (var i = 0; i < scanned && !_batchedScan; i++)
        {
            if (values.Find(node, node.Input.Count - scanned + i)?.Shape is not { Length: > 0 } shape)
                continue;
            var axis = axes is not null && i < axes.Count ? axes[i] : 0;
            axis += axis < 0 ? shape.Length : 0;
            if (axis >= 0 && axis < shape.Length && shape[axis] >= 0)
                return Checked(node, Rounds(shape[axis]) * body);
        }

        return new NodeRuns(0, double.PositiveInfinity);
    }

    private NodeRuns Body(NodeProto node, string attribute, KnownValues outer, out double? next)
    {
        next = null;
        if (Attribute(node, attribute)?.G is not { } body)
            return default;
        var values = new KnownValues(outer);
        values.Hide(body.Input.Select(i => i.Name));
        // A round runs only when the condition for it holds.
        if (node.OpType == "Loop" && body.Input.Count > 1)
            values.Assume(body.Input[1].Name, new Known(DataType.Bool, [], [1]));
        var runs = Of(body, values, isMain: false);
        if (body.Output.Count > 0)
            next = values.Find(body.Output[0].Name)?.Single;
        // A round of nothing takes its time too.
        return new NodeRuns(Math.Max(1, runs.Least), Math.Max(1, runs.Most));
    }

    private NodeRuns Checked(NodeProto node, NodeRuns runs) => runs.Least <= _limits.MaximumNodeRuns
        ? runs
        : throw new InvalidModelException(string.Create(
            CultureInfo.InvariantCulture,
            $"node {PublicText.Name(node.Name)} ({PublicText.Name(node.OpType)}) runs {Said(runs.Least)} nodes at least, as its rounds are fixed in the model; "
            + $"{_limits.MaximumNodeRuns} are allowed"));

    private static NodeRuns Rounds(double rounds) => new(rounds, rounds);

    private static string Said(double count) => double.IsInfinity(count) ? "endlessly many" : count.ToString("0", CultureInfo.InvariantCulture);

    private static AttributeProto? Attribute(NodeProto node, string name) => node.Attribute.FirstOrDefault(a => a.Name == name);
}
