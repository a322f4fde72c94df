using System.Numerics.Tensors;
using Iml4e.Inference;
using Iml4e.Inference.Gradients.Optimizers;

namespace Iml4e.Learning.Networks;

/// <summary>
/// An optimiser's step over memory, in place: what <see cref="OptimizerGraphBuilder"/> writes as a graph, to 1e-6. In pieces that stay in the cache, so that a
/// large network's parameters are read once.
/// </summary>
internal sealed class HostOptimizer
{
    private const int Piece = 2048;
    private const double ClipFloor = 1e-6;

    private readonly OptimizerSpec _spec;
    private readonly float[] _scratch = new float[Piece];
    private readonly float[] _gradient = new float[Piece];

    internal HostOptimizer(OptimizerSpec spec)
    {
        spec.Check();
        _spec = spec;
    }

    /// <summary>Factor that gradients of a norm are multiplied by.</summary>
    internal double Clip(double norm) => _spec.ClipNorm is { } largest ? Math.Min(1, largest / (norm + ClipFloor)) : 1;

    /// <summary>Takes the step of one parameter.</summary>
    /// <param name="parameter">The parameter; changed.</param>
    /// <param name="gradient">Its gradient.</param>
    /// <param name="factor">What the gradient is multiplied by: clipping, division by the number of batches.</param>
    /// <param name="slots">What is kept of it, in the order of <see cref="OptimizerSpec.Slots"/>; changed.</param>
    /// <param name="rate">Learning rate.</param>
    /// <param name="step">Number of the step, from 1.</param>
    internal void Step(Span<float> parameter, ReadOnlySpan<float> gradient, double factor, IReadOnlyList<TensorBuffer> slots, double rate, long step)
    {
        for (var at = 0; at < parameter.Length; at += Piece)
        {
            var length = Math.Min(Piece, parameter.Length - at);
            var p = parameter.Slice(at, length);
            var g = _gradient.AsSpan(0, length);
            TensorPrimitives.Multiply(gradient.Slice(at, length), (float)factor, g);
            switch (_spec.Kind)
            {
                case OptimizerKind.Sgd:
                    Sgd(p, g, Slot(0), rate, step);
                    break;
                case OptimizerKind.RmsProp:
                    RootMeanSquare(p, g, Slot(0), rate);
                    break;
                default:
                    Adam(p, g, Slot(0), Slot(1), rate, step);
                    break;
            }

            if (_spec.AverageDecay is { } decay)
                Mix(Slot(slots.Count - 1), p, decay, 1 - decay);

            Span<float> Slot(int index) => index < slots.Count ? slots[index].Span<float>().Slice(at, length) : default;
        }
    }

    // x ← a·x + b·y
    private void Mix(Span<float> x, ReadOnlySpan<float> y, double a, double b)
    {
        var scratch = _scratch.AsSpan(0, x.Length);
        TensorPrimitives.Multiply(x, (float)a, x);
        TensorPrimitives.Multiply(y, (float)b, scratch);
        TensorPrimitives.Add(x, scratch, x);
    }

    private void Decay(ReadOnlySpan<float> p, Span<float> g)
    {
        if (_spec.Decay != 0)
            Mix(g, p, 1, _spec.Decay);
    }

    private void Sgd(Span<float> p, Span<float> g, Span<float> v, double rate, long step)
    {
        Decay(p, g);
        if (_spec.Momentum == 0)
        {
            Mix(p, g, 1, -rate);
            return;
        }

        Mix(v, g, _spec.Momentum, step == 1 ? 1 : 1 - _spec.Dampening);
        if (_spec.Nesterov)
        {
            Mix(g, v, 1, _spec.Momentum);
            Mix(p, g, 1, -rate);
        }
        else
        {
            Mix(p, v, 1, -rate);
        }
    }

    private void RootMeanSquare(Span<float> p, Span<float> g, Span<float> v, double rate)
    {
        Decay(p, g);
        Square(v, g, _spec.Smoothing);
        var root = _scratch.AsSpan(0, p.Length);
        TensorPrimitives.Sqrt(v, root);
        TensorPrimitives.Add(root, (float)_spec.Epsilon, root);
        TensorPrimitives.Divide(g, root, g);
        Mix(p, g, 1, -rate);
    }

    private void Adam(Span<float> p, Span<float> g, Span<float> m, Span<float> v, double rate, long step)
    {
        if (_spec.Kind == OptimizerKind.Adam)
            Decay(p, g);
        else if (_spec.Decay != 0)
            TensorPrimitives.Multiply(p, (float)(1 - rate * _spec.Decay), p);
        Mix(m, g, _spec.Beta1, 1 - _spec.Beta1);
        Square(v, g, _spec.Beta2);
        var root = _scratch.AsSpan(0, p.Length);
        TensorPrimitives.Sqrt(v, root);
        TensorPrimitives.Divide(root, (float)Math.Sqrt(1 - Math.Pow(_spec.Beta2, step)), root);
        TensorPrimitives.Add(root, (float)_spec.Epsilon, root);
        TensorPrimitives.Divide(m, root, g);
        Mix(p, g, 1, -rate / (1 - Math.Pow(_spec.Beta1, step)));
    }

    // v ← a·v + (1-a)·g²
    private void Square(Span<float> v, ReadOnlySpan<float> g, double a)
    {
        var scratch = _scratch.AsSpan(0, v.Length);
        TensorPrimitives.Multiply(g, g, scratch);
        TensorPrimitives.Multiply(scratch, (float)(1 - a), scratch);
        TensorPrimitives.Multiply(v, (float)a, v);
        TensorPrimitives.Add(v, scratch, v);
    }
}
