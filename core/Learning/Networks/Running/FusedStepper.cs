namespace Iml4e.Learning.Networks;

/// <summary>One run of one graph for each batch: forward, backward and the optimiser.</summary>
/// <param name="graph">The graph; it is disposed of with this.</param>
internal sealed class FusedStepper(TrainingGraph graph) : IStepper
{
    public TwoSided Parameters => graph.Parameters;

    public TwoSided Slots => graph.Slots;

    public TwoSided Statistics => graph.Statistics;

    public bool IsWithinStep => false;

    public IReadOnlyList<BatchBuffers> Batches => graph.Batches;

    public StepResult Step(int batch, double rate, long step, bool last, CancellationToken ct)
    {
        var (loss, norm) = graph.Run(batch, rate, step, step, ct);
        var result = new StepResult(loss, norm, double.IsFinite(loss) && double.IsFinite(norm));
        if (!result.Stepped)
            return result;
        graph.Parameters.Flip();
        graph.Slots.Flip();
        graph.Statistics.Flip();
        return result;
    }

    public void Dispose() => graph.Dispose();
}
