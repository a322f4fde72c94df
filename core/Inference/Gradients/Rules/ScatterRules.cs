using Iml4e.Inference.Onnx;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Gradients.Rules;

/// <summary>What writes elements into a tensor, and the largest or smallest of an axis.</summary>
internal static class ScatterRules
{
    internal static readonly Dictionary<string, VjpRule> All = new(StringComparer.Ordinal)
    {
        ["ScatterND"] = n => Scatter(n, "GatherND", []),
        ["ScatterElements"] = n => Scatter(n, "GatherElements", [Attr.Int("axis", n.Int("axis", 0))]),
        ["TopK"] = TopK,
    };

    private static void Scatter(VjpContext n, string gather, AttributeProto[] attributes)
    {
        var reduction = n.Text("reduction", "none");
        if (reduction is not ("none" or "add"))
            throw n.Unsupported($"its reduction is {reduction}; none and add are differentiated");
        if (n.Needs(0))
        {
            n.Give(0, reduction == "add"
                ? n.G
                : n.Graph.Node(n.Op, [n.G.Name, n.In(1).Name, n.In(2).ZerosLike(n.G.Fact.Type).Name], n.G.Fact, attributes));
        }

        if (n.Needs(2))
            n.Give(2, n.Graph.Node(gather, [n.G.Name, n.In(1).Name], n.In(2).Fact with { Type = n.G.Fact.Type }, attributes));
    }

    private static void TopK(VjpContext n)
    {
        var indices = n.Extra(1, "__idx", n.Y.Fact with { Type = DataType.Int64 });
        n.Give(0, n.Graph.Node(
            "ScatterElements", [n.X.ZerosLike(n.G.Fact.Type).Name, indices.Name, n.G.Name], n.X.Fact with { Type = n.G.Fact.Type },
            Attr.Int("axis", n.Axis(n.Int("axis", -1), n.X.Rank))));
    }
}
