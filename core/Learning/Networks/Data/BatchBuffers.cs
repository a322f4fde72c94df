using Iml4e.Inference;

namespace Iml4e.Learning.Networks;

/// <summary>Memory of one batch, as a training graph reads it.</summary>
internal sealed class BatchBuffers : IDisposable
{
    internal BatchBuffers(TensorBuffer values, TensorBuffer targets, TensorBuffer weights) => (Values, Targets, Weights) = (values, targets, weights);

    /// <summary>The examples [N, …].</summary>
    internal TensorBuffer Values { get; }

    /// <summary>Classes [N], or numbers.</summary>
    internal TensorBuffer Targets { get; }

    /// <summary>How much each example counts [N].</summary>
    internal TensorBuffer Weights { get; }

    public void Dispose()
    {
        Values.Dispose();
        Targets.Dispose();
        Weights.Dispose();
    }
}
