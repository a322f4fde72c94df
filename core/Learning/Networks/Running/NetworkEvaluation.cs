using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Learning.Networks;

/// <summary>A network's loss and metric on examples.</summary>
/// <param name="Loss">Mean loss, each example by its weight.</param>
/// <param name="Metric">Accuracy of classes, or root of the mean squared error.</param>
public sealed record NetworkEvaluation(double Loss, double Metric)
{
    private const int Batch = 256;

    /// <summary>Runs a network on examples.</summary>
    /// <param name="model">The network: one input [N, …], its first output scores [N, classes] or numbers.</param>
    /// <param name="examples">The examples.</param>
    /// <param name="threads">Threads of the runtime; 0 = one a core.</param>
    /// <param name="ct">Ends the runs.</param>
    public static NetworkEvaluation Of(ModelProto model, Examples examples, int threads = 1, CancellationToken ct = default)
    {
        using var session = ModelSession.Load(model, new SessionSettings { IntraOpThreads = threads });
        var input = session.Metadata.Inputs[0];
        var size = input.Shape[0] > 0 ? (int)input.Shape[0] : Batch;
        double loss = 0, hits = 0, weight = 0;
        for (var at = 0; at < examples.Count; at += size)
        {
            var count = Math.Min(size, examples.Count - at);
            var rows = input.Shape[0] > 0 ? size : count;
            var values = new float[rows * examples.Size];
            for (var i = 0; i < count; i++)
                examples.Values(at + i).CopyTo(values.AsSpan(i * examples.Size));
            var scores = session.Run([Tensor.FromFloats(input.Name, values, [rows, .. examples.Shape])], [session.Metadata.Outputs[0].Name], ct)[0].Span<float>();
            var width = scores.Length / rows;
            for (var i = 0; i < count; i++)
            {
                var (one, hit) = examples.Kind == TargetKind.Class
                    ? OfClass(scores.Slice(i * width, width), examples.Class(at + i)) : OfNumbers(scores.Slice(i * width, width), examples.Numbers(at + i));
                var w = examples.Weight(at + i);
                (loss, hits, weight) = (loss + w * one, hits + w * hit, weight + w);
            }
        }

        if (weight == 0)
            return new NetworkEvaluation(0, 0);
        return new NetworkEvaluation(loss / weight, examples.Kind == TargetKind.Class ? hits / weight : Math.Sqrt(loss / weight));
    }

    private static (double Loss, double Hit) OfClass(ReadOnlySpan<float> scores, long label)
    {
        var (best, sum) = (0, 0.0);
        for (var i = 1; i < scores.Length; i++)
        {
            if (scores[i] > scores[best])
                best = i;
        }

        foreach (var score in scores)
            sum += Math.Exp(score - scores[best]);
        return (scores[best] + Math.Log(sum) - scores[(int)label], best == label ? 1 : 0);
    }

    private static (double Loss, double Hit) OfNumbers(ReadOnlySpan<float> values, ReadOnlySpan<float> targets)
    {
        var sum = 0.0;
        for (var i = 0; i < values.Length; i++)
            sum += ((double)values[i] - targets[i]) * ((double)values[i] - targets[i]);
        return (sum / values.Length, 0);
    }
}
