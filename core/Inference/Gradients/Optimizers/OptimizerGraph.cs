using Iml4e.Inference.Onnx;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Gradients.Optimizers;

/// <summary>Writes an optimiser's step: from parameters, gradients and what was kept to new ones, in elementwise operators.</summary>
internal sealed class OptimizerGraph
{
    // As PyTorch's clip_grad_norm_.
    private const double ClipFloor = 1e-6;

    private readonly GraphEmitter _graph;
    private readonly OptimizerSpec _spec;
    private readonly Func<string, TensorFact, Term> _input;
    private readonly Func<Term, string, string> _output;
    private readonly Term _rate;
    private readonly Term? _step;
    private readonly Term _first;
    private readonly Term _meanCorrection;
    private readonly Term _squareCorrection;

    /// <summary>Begins the step.</summary>
    /// <param name="graph">Writes nodes.</param>
    /// <param name="spec">The optimiser.</param>
    /// <param name="input">Makes an input.</param>
    /// <param name="output">Makes an output of a value, under a name.</param>
    internal OptimizerGraph(GraphEmitter graph, OptimizerSpec spec, Func<string, TensorFact, Term> input, Func<Term, string, string> output)
    {
        (_graph, _spec, _input, _output) = (graph, spec, input, output);
        _rate = input("lr", new TensorFact(DataType.Float, []));
        if (spec.Kind is not (OptimizerKind.Adam or OptimizerKind.AdamW) && spec.Dampening == 0)
            return;
        var step = input("step", new TensorFact(DataType.Float, []));
        _step = step;
        _first = step.Is(1);
        // 1 - β^t loses all its digits in single precision.
        var exact = step.As(DataType.Double);
        _meanCorrection = Corrected(exact, spec.Beta1).As(DataType.Float);
        _squareCorrection = graph.One("Sqrt", Corrected(exact, spec.Beta2)).As(DataType.Float);
    }

    /// <summary>Writes the step of all parameters.</summary>
    /// <param name="gradients">Parameters and their gradients.</param>
    internal OptimizerStep Write(IReadOnlyList<(Term Parameter, Term Gradient)> gradients)
    {
        var squares = gradients.Select(g => _graph.Node("ReduceSumSquare", [g.Gradient.Name], new TensorFact(DataType.Float, []), Attr.Int("keepdims", 0)).Name);
        var norm = _graph.One("Sqrt", _graph.Node("Sum", [.. squares], new TensorFact(DataType.Float, [])));
        var factor = _spec.ClipNorm is { } largest
            ? _graph.Pair("Min", (norm + ClipFloor).Like(largest) / (norm + ClipFloor), norm.Like(1))
            : (Term?)null;
        var updates = gradients.Select(g => Update(g.Parameter, factor is { } f ? g.Gradient * f : g.Gradient)).ToArray();
        return new OptimizerStep(updates, _output(norm, "grad_norm"), _rate.Name, _step?.Name);
    }

    private static Term Corrected(Term step, double beta) => 1 - step.Graph.Pair("Pow", step.Like(beta), step);

    private ParameterUpdate Update(Term p, Term g)
    {
        var states = new List<StateUpdate>();
        var updated = _spec.Kind switch
        {
            OptimizerKind.Sgd => Sgd(p, Decayed(p, g), states),
            OptimizerKind.RmsProp => RootMeanSquare(p, Decayed(p, g), states),
            OptimizerKind.Adam => Adam(p, p, Decayed(p, g), states),
            _ => Adam(p, _spec.Decay == 0 ? p : p * (1 - _rate * _spec.Decay), g, states),
        };
        if (_spec.AverageDecay is { } decay)
            Keep(p, OptimizerSpec.AverageSlot, states, average => average * decay + updated * (1 - decay));
        return new ParameterUpdate(p.Name, _output(updated, "new_" + p.Name), states);
    }

    private Term Decayed(Term p, Term g) => _spec.Decay == 0 ? g : g + p * _spec.Decay;

    private Term Sgd(Term p, Term g, List<StateUpdate> states)
    {
        if (_spec.Momentum == 0)
            return p - g * _rate;
        var share = _spec.Dampening == 0 ? g : g * Shaping.Choose(_first, _rate.Like(1), _rate.Like(1 - _spec.Dampening));
        var v = Keep(p, OptimizerSpec.MomentumSlot, states, v => v * _spec.Momentum + share);
        return p - (_spec.Nesterov ? g + v * _spec.Momentum : v) * _rate;
    }

    private Term RootMeanSquare(Term p, Term g, List<StateUpdate> states)
    {
        var v = Keep(p, OptimizerSpec.SquareSlot, states, v => v * _spec.Smoothing + g * g * (1 - _spec.Smoothing));
        return p - g / (_graph.One("Sqrt", v) + _spec.Epsilon) * _rate;
    }

    private Term Adam(Term p, Term decayed, Term g, List<StateUpdate> states)
    {
        var m = Keep(p, OptimizerSpec.MeanSlot, states, m => m * _spec.Beta1 + g * (1 - _spec.Beta1));
        var v = Keep(p, OptimizerSpec.SquareSlot, states, v => v * _spec.Beta2 + g * g * (1 - _spec.Beta2));
        return decayed - m / (_graph.One("Sqrt", v) / _squareCorrection + _spec.Epsilon) * (_rate / _meanCorrection);
    }

    private Term Keep(Term p, string slot, List<StateUpdate> states, Func<Term, Term> next)
    {
        var state = _input($"{p.Name}/{slot}", p.Fact);
        var updated = next(state);
        states.Add(new StateUpdate(slot, state.Name, _output(updated, "new_" + state.Name)));
        return updated;
    }
}
