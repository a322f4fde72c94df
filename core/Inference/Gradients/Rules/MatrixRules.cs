using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Rules;

/// <summary>Products of matrices and tensors.</summary>
internal static class MatrixRules
{
    internal static readonly Dictionary<string, VjpRule> All = new(StringComparer.Ordinal)
    {
        ["MatMul"] = MatMul,
        ["Gemm"] = Gemm,
        ["Einsum"] = Einsum,
    };

    /// <summary>The product of matrices, all dimensions but the last two broadcast.</summary>
    internal static Term Product(Term a, Term b)
    {
        var batch = TensorFact.Broadcast(a.Shape[..^2], b.Shape[..^2])!;
        return a.Graph.Node("MatMul", [a.Name, b.Name], new TensorFact(a.Fact.Type, [.. batch, a.Shape[^2], b.Shape[^1]]));
    }

    private static void MatMul(VjpContext n)
    {
        var (a, b, g) = (n.In(0), n.In(1), n.G);
        // Vectors are matrices of one row or one column.
        if (a.Rank == 1)
            (a, g) = (a.Unsqueezed(0), g.Unsqueezed(b.Rank == 1 ? 0 : g.Rank - 1));
        if (b.Rank == 1)
            (b, g) = (b.Unsqueezed(1), g.Unsqueezed(g.Rank));
        if (n.Needs(0))
            n.Give(0, Product(g, b.MatrixTransposed()).Unbroadcast(a).ReshapedLike(n.In(0)));
        if (n.Needs(1))
            n.Give(1, RightGradient(a, b, g).ReshapedLike(n.In(1)));
    }

    private static Term RightGradient(Term a, Term b, Term g)
    {
        if (b.Rank > 2 || a.Rank == 2)
            return Product(a.MatrixTransposed(), g).Unbroadcast(b);
        // A weight for all of a batch: one product, and no temporary a batch long.
        var rows = Part.Product(a.Shape.AsSpan(0, a.Rank - 1));
        var left = a.Reshape(rows, Part.Of(a, a.Rank - 1));
        var right = g.Reshape(rows, Part.Of(g, g.Rank - 1));
        return Multiply(left, right, true, false, 1);
    }

    private static Term Multiply(Term a, Term b, bool transposeA, bool transposeB, double alpha)
    {
        var attributes = new List<AttributeProto>();
        if (alpha != 1)
            attributes.Add(Attr.Float("alpha", (float)alpha));
        if (transposeA)
            attributes.Add(Attr.Int("transA", 1));
        if (transposeB)
            attributes.Add(Attr.Int("transB", 1));
        return a.Graph.Node("Gemm", [a.Name, b.Name], new TensorFact(a.Fact.Type, [a.Shape[transposeA ? 1 : 0], b.Shape[transposeB ? 0 : 1]]), [.. attributes]);
    }

    private static void Gemm(VjpContext n)
    {
        var (a, b, g) = (n.In(0), n.In(1), n.G);
        var (turnedA, turnedB, alpha) = (n.Int("transA", 0) != 0, n.Int("transB", 0) != 0, n.Float("alpha", 1));
        if (n.Needs(0))
            n.Give(0, turnedA ? Multiply(b, g, turnedB, true, alpha) : Multiply(g, b, false, !turnedB, alpha));
        if (n.Needs(1))
            n.Give(1, turnedB ? Multiply(g, a, true, turnedA, alpha) : Multiply(a, g, !turnedA, false, alpha));
        if (n.Needs(2))
            n.Give(2, (g * n.Float("beta", 1)).Unbroadcast(n.In(2)));
    }

    private static void Einsum(VjpContext n)
    {
        var equation = n.Text("equation", "").Replace(" ", "", StringComparison.Ordinal);
        if (equation.Contains('.', StringComparison.Ordinal))
            throw n.Unsupported("its equation has an ellipsis; write all subscripts out");
        var sides = equation.Split("->");
        var terms = sides[0].Split(',');
        var output = sides.Length > 1
            ? sides[1]
            : string.Concat(string.Concat(terms).GroupBy(c => c).Where(c => c.Count() == 1).Select(c => c.Key).Order());
        for (var k = 0; k < terms.Length; k++)
        {
            if (n.Needs(k))
                n.Give(k, Operand(n, terms, output, k));
        }
    }

    private static Term Operand(VjpContext n, string[] terms, string output, int k)
    {
        if (terms.Append(output).Any(t => t.Distinct().Count() != t.Length))
            throw n.Unsupported("its equation takes a diagonal; use other operators");
        var mine = terms[k];
        var others = Enumerable.Range(0, terms.Length).Where(i => i != k).ToList();
        var elsewhere = others.SelectMany(i => terms[i]).Concat(output).ToHashSet();
        var kept = string.Concat(mine.Where(elsewhere.Contains));
        var equation = string.Join(',', others.Select(i => terms[i]).Prepend(output)) + "->" + kept;
        var x = n.In(k);
        var shape = Enumerable.Range(0, mine.Length).Where(i => elsewhere.Contains(mine[i])).Select(i => x.Shape[i]).ToArray();
        var g = equation == $"{kept}->{kept}"
            ? n.G
            : n.Graph.Node("Einsum", [n.G.Name, .. others.Select(i => n.In(i).Name)], new TensorFact(x.Fact.Type, shape), Attr.Text("equation", equation));
        // A subscript that only this operand has was summed over.
        return g.Unsqueezed([.. Enumerable.Range(0, mine.Length).Where(i => !elsewhere.Contains(mine[i])).Select(i => (long)i)]).ExpandedLike(x);
    }
}
