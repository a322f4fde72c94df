using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Rules;

/// <summary>A node of the model as its rule sees it.</summary>
internal sealed class VjpContext
{
    private readonly NodeProto _node;
    private readonly BackwardPass _pass;
    private readonly bool[] _needs;

    internal VjpContext(NodeProto node, BackwardPass pass, bool[] needs) => (_node, _pass, _needs) = (node, pass, needs);

    /// <summary>The graph being written.</summary>
    internal GraphEmitter Graph => _pass.Emitter;

    /// <summary>The first input.</summary>
    internal Term X => In(0);

    /// <summary>The first output.</summary>
    internal Term Y => Graph.Value(_node.Output[0]);

    /// <summary>The cotangent of the first output.</summary>
    internal Term G => Cotangent(0) ?? throw Unsupported("its first output is not used, only others are; keep the first one");

    /// <summary>Number of inputs.</summary>
    internal int Inputs => _node.Input.Count;

    /// <summary>Number of outputs.</summary>
    internal int Outputs => _node.Output.Count;

    /// <summary>How ties of maxima are settled.</summary>
    internal TiePolicy Ties => _pass.Request.MaxTies;

    /// <summary>Whether an input needs a cotangent.</summary>
    internal bool Needs(int input) => input < _needs.Length && _needs[input];

    /// <summary>Whether an input is there.</summary>
    internal bool Has(int input) => _node.In(input).Length > 0;

    /// <summary>An input.</summary>
    internal Term In(int input) => Graph.Value(_node.Input[input]);

    /// <summary>An output.</summary>
    internal Term Out(int output) => Graph.Value(_node.Output[output]);

    /// <summary>The cotangent of an output; null if nothing depends on it.</summary>
    internal Term? Cotangent(int output) => _node.Out(output) is { Length: > 0 } name ? _pass.Cotangent(name) : null;

    /// <summary>Whether an input comes out of a rectifier.</summary>
    internal bool IsRectified(int input) => _pass.IsRectified(_node.Input[input]);

    /// <summary>Whether the cotangent of the first output is zero wherever that is not positive.</summary>
    internal bool IsMasked => _pass.IsMasked(_node.Output[0]);

    /// <summary>Adds to the cotangent of an input.</summary>
    /// <param name="input">Index of the input.</param>
    /// <param name="cotangent">What is added.</param>
    /// <param name="masked">Whether it is zero wherever the input is not positive.</param>
    internal void Give(int input, Term cotangent, bool masked = false) => _pass.Give(_node.Input[input], cotangent, masked);

    /// <summary>An integer attribute.</summary>
    internal long Int(string name, long otherwise) => _node.Int(name, otherwise);

    /// <summary>A number attribute.</summary>
    internal double Float(string name, float otherwise) => _node.Float(name, otherwise);

    /// <summary>A text attribute.</summary>
    internal string Text(string name, string otherwise) => _node.Text(name, otherwise);

    /// <summary>A list attribute; null if it is not there.</summary>
    internal long[]? Ints(string name) => _node.Ints(name);

    /// <summary>An attribute as it is; null if it is not there.</summary>
    internal AttributeProto? Attribute(string name) => _node.Find(name);

    /// <summary>All attributes.</summary>
    internal AttributeProto[] Attributes => [.. _node.Attribute];

    /// <summary>The operator.</summary>
    internal string Op => _node.OpType;

    /// <summary>The names of all inputs.</summary>
    internal string[] InputNames => [.. _node.Input];

    /// <summary>The number of an axis counted from the front.</summary>
    internal int Axis(long axis, int rank) =>
        (axis < 0 ? axis + rank : axis) is var at && at >= 0 && at <= rank ? (int)at : throw Unsupported("its axis lies outside the tensor");

    /// <summary>The elements of an input that is constant; null if it is not there, not constant or large.</summary>
    internal double[]? Numbers(int input) => Has(input) ? Graph.Numbers(In(input)) : null;

    /// <summary>The elements of an input of integers that is constant; null if it is not there or not constant.</summary>
    internal long[]? Integers(int input) => Numbers(input) is { } numbers ? Array.ConvertAll(numbers, n => (long)Math.Clamp(n, long.MinValue, 9.2e18)) : null;

    /// <summary>An optional output, asked of the node if it did not give it so far.</summary>
    internal Term Extra(int output, string suffix, TensorFact fact)
    {
        if (_node.Out(output).Length == 0)
        {
            while (_node.Output.Count <= output)
                _node.Output.Add("");
            _node.Output[output] = _pass.Working.Fresh(_node.Output[0] + suffix);
            Graph.Know(_node.Output[output], fact);
        }

        return Graph.Value(_node.Output[output]);
    }

    /// <summary>Changes an attribute of the node.</summary>
    internal void Change(AttributeProto attribute) => _node.Set(attribute);

    /// <summary>
    /// Lets a batch normalisation take the statistics that were computed for its gradient: the runtime's own way to compute them takes longer, and it would be
    /// done twice.
    /// </summary>
    /// <param name="mean">The batch's means, one a channel.</param>
    /// <param name="variance">Its variances.</param>
    internal void TakeStatistics(Term mean, Term variance)
    {
        var momentum = Float("momentum", 0.9f);
        Run(1, In(3), mean);
        Run(2, In(4), variance);
        _node.Take("training_mode");
        (_node.Input[3], _node.Input[4]) = (mean.Name, variance.Name);
        while (_node.Output.Count > 1)
            _node.Output.RemoveAt(1);
        _pass.NeedsSorting = true;

        void Run(int output, Term before, Term batch)
        {
            var name = _node.Out(output);
            if (name.Length == 0)
                return;
            var after = before * momentum + batch * (1 - momentum);
            _pass.Working.Graph.Node.Add(new NodeProto { OpType = "Identity", Name = name, Input = { after.Name }, Output = { name } });
        }
    }

    /// <summary>Whether an output was there before rules asked for more.</summary>
    internal bool HasOutput(int output) => _node.Out(output).Length > 0;

    /// <summary>Notes that the node's rounding is passed over.</summary>
    internal void PassStraight() => _pass.NoteStraightThrough(_node.Title());

    /// <summary>The error of a node that cannot be differentiated in this form.</summary>
    internal UnsupportedOpException Unsupported(string reason) => _pass.Unsupported(_node, reason);
}
