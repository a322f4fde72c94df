namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>What was asked of a model, in rows; padding rows are not counted.</summary>
public sealed class GradientCounters
{
    private long _gradients;
    private long _queries;
    private long _invalid;
    private long _zeros;

    /// <summary>Rows whose gradient was computed.</summary>
    public long Gradients => Interlocked.Read(ref _gradients);

    /// <summary>Rows that went forward only.</summary>
    public long Queries => Interlocked.Read(ref _queries);

    /// <summary>Values of gradients that were no numbers and were taken as 0.</summary>
    public long InvalidValues => Interlocked.Read(ref _invalid);

    /// <summary>Rows whose gradient was zero throughout.</summary>
    public long ZeroGradients => Interlocked.Read(ref _zeros);

    internal void CountGradients(int rows) => Interlocked.Add(ref _gradients, rows);

    internal void CountQueries(int rows) => Interlocked.Add(ref _queries, rows);

    /// <summary>Replaces what is no number by 0, and counts.</summary>
    internal void Clean(Span<float> gradient)
    {
        // A sum tells both at once: it is 0 for zeros, and no number if one is none.
        var sum = System.Numerics.Tensors.TensorPrimitives.SumOfMagnitudes<float>(gradient);
        if (sum == 0)
            Interlocked.Increment(ref _zeros);
        if (float.IsFinite(sum))
            return;
        var invalid = 0;
        foreach (ref var g in gradient)
        {
            if (!float.IsNaN(g))
                continue;
            g = 0;
            invalid++;
        }

        Interlocked.Add(ref _invalid, invalid);
    }
}
