namespace Iml4e.Inference.Statistics;

/// <summary>Runs of one batch size.</summary>
/// <param name="size">Samples in a run.</param>
public sealed class BatchTally(int size)
{
    /// <summary>Samples in a run.</summary>
    public int Size => size;

    /// <summary>Laying inputs together.</summary>
    public Tally ComputeInput { get; } = new();

    /// <summary>Running the model.</summary>
    public Tally ComputeInfer { get; } = new();

    /// <summary>Cutting outputs apart.</summary>
    public Tally ComputeOutput { get; } = new();
}
