using System.Numerics.Tensors;
using Iml4e.Inference;
using Iml4e.Inference.Gradients.Optimizers;

namespace Iml4e.Learning.Networks;

/// <summary>Adds up the gradients of several batches in the graph and takes one step for all of them, in memory: for large networks the quicker way.</summary>
internal sealed class SummingStepper : IStepper
{
    private readonly TrainingGraph _graph;
    private readonly TwoSided _sums;
    private readonly HostOptimizer _optimizer;
    private readonly TensorBuffer[][] _kept;
    private readonly int _count;
    private int _summed;

    /// <summary>Begins.</summary>
    /// <param name="graph">The graph; it is disposed of with this.</param>
    /// <param name="sums">Its sums of gradients; disposed of with this.</param>
    /// <param name="spec">The optimiser.</param>
    /// <param name="count">Batches a step.</param>
    internal SummingStepper(TrainingGraph graph, TwoSided sums, OptimizerSpec spec, int count)
    {
        (_graph, _sums, _count) = (graph, sums, count);
        _optimizer = new HostOptimizer(spec);
        Slots = new TwoSided(graph.Model.Parameters.Where(p => graph.Parameters.Names.Contains(p.Name))
            .SelectMany(p => spec.Slots.Select(s => TrainingGraph.SlotStart(s, p, $"{p.Name}/{s}"))));
        // In memory they are changed in place, and so never change sides.
        _kept = [.. Parameters.Names.Select(n => spec.Slots.Select(s => Slots[$"{n}/{s}"]).ToArray())];
    }

    public TwoSided Parameters => _graph.Parameters;

    public TwoSided Slots { get; }

    public TwoSided Statistics => _graph.Statistics;

    public bool IsWithinStep => _summed > 0;

    public IReadOnlyList<BatchBuffers> Batches => _graph.Batches;

    public StepResult Step(int batch, double rate, long step, bool last, CancellationToken ct)
    {
        var (loss, _) = _graph.Run(batch, rate, step, step * _count + _summed, ct);
        if (!double.IsFinite(loss))
        {
            // What the others gave goes with it.
            Clear();
            return new StepResult(loss, 0, false);
        }

        _sums.Flip();
        Statistics.Flip();
        if (++_summed < _count && !last)
            return new StepResult(loss, 0, false);
        var squares = 0.0;
        foreach (var sum in _graph.Model.SumInputs)
            squares += TensorPrimitives.SumOfSquares<float>(_sums[sum].Span<float>());
        return Take(loss, Math.Sqrt(squares) / _summed, rate, step);
    }

    public void Dispose()
    {
        _graph.Dispose();
        _sums.Dispose();
        Slots.Dispose();
    }

    private StepResult Take(double loss, double norm, double rate, long step)
    {
        var finite = double.IsFinite(norm);
        if (finite)
        {
            var factor = _optimizer.Clip(norm) / _summed;
            for (var i = 0; i < Parameters.Names.Count; i++)
            {
                var sum = _sums[_graph.Model.SumInputs[i]];
                _optimizer.Step(Parameters[Parameters.Names[i]].Span<float>(), sum.Span<float>(), factor, _kept[i], rate, step);
            }
        }

        Clear();
        return new StepResult(loss, norm, finite);
    }

    private void Clear()
    {
        _summed = 0;
        for (var i = 0; i < _sums.Names.Count; i++)
            _sums[_sums.Names[i]].Clear();
    }
}
