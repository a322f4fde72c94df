using System.Numerics.Tensors;
using Iml4e.Inference.Gradients.Optimizers;

namespace Iml4e.Learning.Networks;

/// <summary>Adds up the gradients of several batches in the graph and takes one step for all of them, in memory: for large networks the quicker way.</summary>
internal sealed class SummingStepper : IStepper
{
    private readonly TrainingGraph _graph;
    private readonly TwoSided _sums;
    private readonly OptimizerSpec _spec;
    private readonly HostOptimizer _optimizer;
    private readonly int _count;
    private int _summed;

    /// <summary>Begins.</summary>
    /// <param name="graph">The graph; it is disposed of with this.</param>
    /// <param name="sums">Its sums of gradients; disposed of with this.</param>
    /// <param name="spec">The optimiser.</param>
    /// <param name="count">Batches a step.</param>
    internal SummingStepper(TrainingGraph graph, TwoSided sums, OptimizerSpec spec, int count)
    {
        (_graph, _sums, _spec, _count) = (graph, sums, spec, count);
        _optimizer = new HostOptimizer(spec);
        Slots = new TwoSided(graph.Model.Parameters.Where(p => graph.Parameters.Names.Contains(p.Name))
            .SelectMany(p => spec.Slots.Select(s => TrainingGraph.SlotStart(s, p, $"{p.Name}/{s}"))));
    }

    public TwoSided Parameters => _graph.Parameters;

    public TwoSided Slots { get; }

    public TwoSided Statistics => _graph.Statistics;

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
        var norm = _graph.Model.SumInputs.Sum(s => (double)TensorPrimitives.SumOfSquares<float>(_sums[s].Span<float>()));
        return Take(loss, Math.Sqrt(norm) / _summed, rate, step);
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
                var name = Parameters.Names[i];
                var slots = _spec.Slots.Select(s => Slots[$"{name}/{s}"]).ToArray();
                _optimizer.Step(Parameters[name].Span<float>(), _sums[_graph.Model.SumInputs[i]].Span<float>(), factor, slots, rate, step);
            }
        }

        Clear();
        return new StepResult(loss, norm, finite);
    }

    private void Clear()
    {
        _summed = 0;
        foreach (var name in _sums.Names)
            _sums[name].Clear();
    }
}
