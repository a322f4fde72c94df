namespace Iml4e.Inference.Gradients.Rules;

/// <summary>Softmax and its logarithm along an axis.</summary>
internal static class SoftmaxRules
{
    internal static readonly Dictionary<string, VjpRule> All = new(StringComparer.Ordinal)
    {
        ["Softmax"] = Softmax,
        ["LogSoftmax"] = LogSoftmax,
    };

    private static void Softmax(VjpContext n) => n.Give(0, n.Y * (n.G - (n.G * n.Y).Summed(true, n.Axis(n.Int("axis", -1), n.Y.Rank))));

    private static void LogSoftmax(VjpContext n) => n.Give(0, n.G - n.Graph.One("Exp", n.Y) * n.G.Summed(true, n.Axis(n.Int("axis", -1), n.Y.Rank)));
}
