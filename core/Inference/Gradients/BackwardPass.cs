using Iml4e.Inference.Gradients.Normalization;
using Iml4e.Inference.Gradients.Rules;
using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients;

/// <summary>Reverse mode: walks the nodes from last to first and lets the rule of each write what its inputs contribute.</summary>
/// <param name="working">The normalised model, at whose end the nodes are written.</param>
/// <param name="emitter">Writes them.</param>
/// <param name="request">What is asked for.</param>
internal sealed class BackwardPass(WorkingGraph working, GraphEmitter emitter, GradientRequest request)
{
    private readonly Dictionary<string, List<Term>> _contributions = new(StringComparer.Ordinal);
    private readonly List<string> _straightThrough = [];
    private readonly HashSet<string> _rectifiers = working.Graph.Node.Where(n => n.Is("Relu")).Select(n => n.Output[0]).ToHashSet(StringComparer.Ordinal);
    private readonly HashSet<string> _unmasked = new(StringComparer.Ordinal);

    /// <summary>Writes nodes.</summary>
    internal GraphEmitter Emitter { get; } = emitter;

    /// <summary>The model.</summary>
    internal WorkingGraph Working { get; } = working;

    /// <summary>What is asked for.</summary>
    internal GradientRequest Request { get; } = request;

    /// <summary>Nodes whose rounding was passed over.</summary>
    internal IReadOnlyList<string> StraightThrough => _straightThrough;

    /// <summary>Whether nodes of the model read now what was written behind them.</summary>
    internal bool NeedsSorting { get; set; }

    /// <summary>Walks the model.</summary>
    /// <param name="reach">Values that depend on what is differentiated.</param>
    /// <param name="seeds">Values and their cotangents.</param>
    internal void Run(IReadOnlySet<string> reach, IEnumerable<KeyValuePair<string, Term>> seeds)
    {
        foreach (var (name, cotangent) in seeds)
            Give(name, cotangent);
        var forward = Working.Graph.Node.ToArray();
        foreach (var node in Enumerable.Reverse(forward))
        {
            if (!node.Output.Any(o => o.Length > 0 && reach.Contains(o) && _contributions.ContainsKey(o)) || !node.Input.Any(reach.Contains)
                || RuleTable.IsStep(node))
                continue;
            var rule = RuleTable.Find(node) ?? throw Unsupported(node, RuleTable.AdviceFor(node));
            Apply(rule, node, reach);
        }

        if (NeedsSorting)
            Working.Sort();
    }

    // A model that the runtime accepts may still say less than the operator's definition asks for.
    private void Apply(VjpRule rule, NodeProto node, IReadOnlySet<string> reach)
    {
        try
        {
            rule(new VjpContext(node, this, [.. node.Input.Select(reach.Contains)]));
        }
        catch (Exception e) when (e is ArgumentException or IndexOutOfRangeException or OverflowException or InvalidModelException)
        {
            throw Unsupported(node, "its inputs or attributes are not those of its definition: " + PublicText.Message(e.Message));
        }
    }

    /// <summary>The sum of all contributions to a value's cotangent; null if there are none.</summary>
    internal Term? Cotangent(string name)
    {
        if (!_contributions.TryGetValue(name, out var terms))
            return null;
        if (terms.Count > 1)
        {
            var sum = terms.Count == 2 ? terms[0] + terms[1] : Emitter.Node("Sum", [.. terms.Select(t => t.Name)], terms[0].Fact);
            terms.Clear();
            terms.Add(sum);
        }

        return terms[0];
    }

    /// <summary>Whether a value comes out of a rectifier.</summary>
    internal bool IsRectified(string name) => _rectifiers.Contains(name);

    /// <summary>Whether a value's cotangent is zero wherever the value is not positive.</summary>
    internal bool IsMasked(string name) => !_unmasked.Contains(name);

    /// <summary>Adds to a value's cotangent.</summary>
    /// <param name="name">The value.</param>
    /// <param name="cotangent">What is added.</param>
    /// <param name="masked">Whether it is zero wherever the value is not positive.</param>
    /// <exception cref="InvalidOperationException">It has not the value's shape: the rule is wrong.</exception>
    internal void Give(string name, Term cotangent, bool masked = false)
    {
        if (!masked)
            _unmasked.Add(name);
        if (Emitter.Fact(name).Fixed is { } shape && cotangent.Fact.Fixed is { } given && !shape.SequenceEqual(given))
            throw new InvalidOperationException($"the cotangent of '{name}' [{string.Join(',', shape)}] has shape [{string.Join(',', given)}]");
        if (!_contributions.TryGetValue(name, out var terms))
            _contributions[name] = terms = [];
        terms.Add(cotangent);
    }

    /// <summary>Notes a node whose rounding is passed over.</summary>
    internal void NoteStraightThrough(string node) => _straightThrough.Add(node);

    /// <summary>The error of a node that cannot be differentiated.</summary>
    internal UnsupportedOpException Unsupported(NodeProto node, string reason) => Coverage.Error(Working, node, reason);
}
