using System.Numerics.Tensors;

namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>What logits say.</summary>
internal static class Decision
{
    /// <summary>The likeliest class; the first of equals.</summary>
    internal static int Of(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[best])
                best = i;
        }

        return best;
    }

    /// <summary>z_y - max z_other.</summary>
    internal static float Margin(ReadOnlySpan<float> logits, int label)
    {
        var other = float.NegativeInfinity;
        for (var i = 0; i < logits.Length; i++)
        {
            if (i != label)
                other = Math.Max(other, logits[i]);
        }

        return logits[label] - other;
    }

    /// <summary>Softmax of one class.</summary>
    internal static float Probability(ReadOnlySpan<float> logits, int label)
    {
        var largest = TensorPrimitives.Max(logits);
        double sum = 0;
        foreach (var z in logits)
            sum += Math.Exp(z - largest);
        return (float)(Math.Exp(logits[label] - largest) / sum);
    }
}
