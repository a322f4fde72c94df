using Iml4e.Inference.Onnx;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Gradients.Rules;

/// <summary>What puts all elements elsewhere, and what joins or splits tensors.</summary>
internal static class ReorderingRules
{
    internal static readonly Dictionary<string, VjpRule> All = new(StringComparer.Ordinal)
    {
        ["Reshape"] = Back,
        ["Flatten"] = Back,
        ["Squeeze"] = Back,
        ["Unsqueeze"] = Back,
        ["Transpose"] = Transpose,
        ["Expand"] = n => n.Give(0, n.G.Unbroadcast(n.X)),
        ["Concat"] = Concat,
        ["Split"] = Split,
        ["DepthToSpace"] = DepthToSpace,
        ["SpaceToDepth"] = SpaceToDepth,
        ["Trilu"] = Trilu,
    };

    private static void Back(VjpContext n) => n.Give(0, n.G.ReshapedLike(n.X));

    private static void Transpose(VjpContext n)
    {
        var rank = n.X.Rank;
        var order = n.Ints("perm") ?? [.. Enumerable.Range(0, rank).Select(i => (long)(rank - 1 - i))];
        n.Give(0, n.G.Transposed([.. Enumerable.Range(0, rank).Select(i => Array.IndexOf(order, i))]));
    }

    private static void Concat(VjpContext n)
    {
        var axis = n.Axis(n.Int("axis", 0), n.X.Rank);
        var parts = Enumerable.Range(0, n.Inputs).Select(n.In).ToArray();
        if (parts.Length == 1)
        {
            n.Give(0, n.G);
            return;
        }

        var sizes = parts.All(p => p.Shape[axis].IsFixed)
            ? n.Graph.Ints([.. parts.Select(p => p.Shape[axis].First)])
            : n.Graph.Node(
                "Concat", [.. parts.Select(p => p.ShapePart(axis, axis + 1).Name)], new TensorFact(DataType.Int64, [parts.Length]), Attr.Int("axis", 0));
        var facts = Array.ConvertAll(parts, p => p.Fact with { Type = n.G.Fact.Type });
        var pieces = n.Graph.Nodes("Split", [n.G.Name, sizes.Name], facts, Attr.Int("axis", axis));
        for (var k = 0; k < pieces.Length; k++)
        {
            if (n.Needs(k))
                n.Give(k, pieces[k]);
        }
    }

    private static void Split(VjpContext n)
    {
        var axis = n.Axis(n.Int("axis", 0), n.X.Rank);
        var type = Enumerable.Range(0, n.Outputs).Select(n.Cotangent).First(g => g is not null)!.Value.Fact.Type;
        var parts = Enumerable.Range(0, n.Outputs).Select(i => (n.Cotangent(i) ?? n.Out(i).ZerosLike(type)).Name).ToArray();
        n.Give(0, n.Graph.Node("Concat", parts, n.X.Fact with { Type = type }, Attr.Int("axis", axis)));
    }

    private static void DepthToSpace(VjpContext n)
    {
        var size = n.Int("blocksize", 1);
        if (n.Text("mode", "DCR") == "DCR")
        {
            n.Give(0, n.Graph.Node("SpaceToDepth", [n.G.Name], n.X.Fact, Attr.Int("blocksize", size)));
            return;
        }

        var x = n.X;
        var split = n.G.Reshape(Part.Of(x, 0), Part.Of(n.G, 1), Part.Of(x, 2), size, Part.Of(x, 3), size);
        n.Give(0, split.Transposed(0, 1, 3, 5, 2, 4).ReshapedLike(x));
    }

    private static void SpaceToDepth(VjpContext n) =>
        n.Give(0, n.Graph.Node("DepthToSpace", [n.G.Name], n.X.Fact, Attr.Int("blocksize", n.Int("blocksize", 1)), Attr.Text("mode", "DCR")));

    private static void Trilu(VjpContext n)
    {
        string[] inputs = n.Has(1) ? [n.G.Name, n.In(1).Name] : [n.G.Name];
        n.Give(0, n.Graph.Node("Trilu", inputs, n.G.Fact, Attr.Int("upper", n.Int("upper", 1))));
    }
}
