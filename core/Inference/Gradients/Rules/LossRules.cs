using Iml4e.Inference.Gradients.Losses;
using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Rules;

/// <summary>Losses that are operators, in closed form.</summary>
internal static class LossRules
{
    internal static readonly Dictionary<string, VjpRule> All = new(StringComparer.Ordinal)
    {
        ["SoftmaxCrossEntropyLoss"] = SoftmaxCrossEntropy,
        ["NegativeLogLikelihoodLoss"] = NegativeLogLikelihood,
    };

    private static void SoftmaxCrossEntropy(VjpContext n)
    {
        if (n.Cotangent(1) is not null)
            throw n.Unsupported("its second output is differentiated; use LogSoftmax beside it");
        var (chosen, weighted, used) = Chosen(n);
        var probabilities = n.Graph.One("Softmax", n.X, Attr.Int("axis", 1));
        n.Give(0, (probabilities * used - (weighted ?? chosen)) * Share(n, used));
    }

    private static void NegativeLogLikelihood(VjpContext n)
    {
        var (chosen, weighted, used) = Chosen(n);
        n.Give(0, -(weighted ?? chosen) * Share(n, used));
    }

    /// <summary>Ones at the classes of the labels, the same times the weights of classes, and the weight of each sample, 0 for those passed over.</summary>
    private static (Term Chosen, Term? Weighted, Term Used) Chosen(VjpContext n)
    {
        var (x, labels) = (n.X, n.In(1).Unsqueezed(1));
        if (n.Has(2) && n.Needs(2))
            throw n.Unsupported("its class weights are to be differentiated; they are constants of the loss");
        var type = x.Fact.Type;
        var hits = ClassMask.Of(x, n.In(1));
        if (n.Attribute("ignore_index") is { } ignored)
            hits &= n.Graph.One("Not", labels.Is(ignored.I));
        var chosen = hits.As(type);
        Term? weighted = n.Has(2) ? chosen * n.In(2).Unsqueezed([0, .. Enumerable.Range(2, x.Rank - 2).Select(i => (long)i)]) : null;
        return (chosen, weighted, (weighted ?? chosen).Summed(true, 1));
    }

    private static Term Share(VjpContext n, Term used) => n.Text("reduction", "mean") switch
    {
        "none" => n.G.Unsqueezed(1),
        "sum" => n.G,
        _ => n.G / n.Graph.Node("ReduceSum", [used.Name], new TensorFact(used.Fact.Type, []), Attr.Int("keepdims", 0)),
    };
}
