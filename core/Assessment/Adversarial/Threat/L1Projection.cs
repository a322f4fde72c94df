using System.Numerics.Tensors;

namespace Iml4e.Assessment.Adversarial.Threat;

/// <summary>The exact Euclidean projection onto the L1 ball (Duchi et al., 2008): every entry shrinks by the same threshold, down to zero at most.</summary>
internal static class L1Projection
{
    /// <summary>Projects in place.</summary>
    internal static void Apply(Span<float> delta, double radius)
    {
        if (TensorPrimitives.SumOfMagnitudes<float>(delta) <= radius * 0.999 || Sum(delta) <= radius)
            return;
        var threshold = Threshold(delta, radius);
        for (var i = 0; i < delta.Length; i++)
            delta[i] = (float)Math.CopySign(Math.Max(Math.Abs(delta[i]) - threshold, 0), delta[i]);
    }

    /// <summary>The threshold τ: with the magnitudes u in falling order, (u_1 + … + u_j - radius) / j of the largest j for which u_j exceeds it.</summary>
    internal static double Threshold(ReadOnlySpan<float> delta, double radius)
    {
        var sorted = new float[delta.Length];
        TensorPrimitives.Abs(delta, sorted);
        sorted.AsSpan().Sort(static (a, b) => b.CompareTo(a));
        double sum = 0, threshold = 0;
        for (var j = 0; j < sorted.Length; j++)
        {
            sum += sorted[j];
            var candidate = (sum - radius) / (j + 1);
            if (sorted[j] <= candidate)
                break;
            threshold = candidate;
        }

        return threshold;
    }

    private static double Sum(ReadOnlySpan<float> delta)
    {
        double sum = 0;
        foreach (var d in delta)
            sum += Math.Abs(d);
        return sum;
    }
}
