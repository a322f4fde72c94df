using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Gradients.Rules;

/// <summary>Functions of one number, and what hands its input on.</summary>
internal static class UnaryRules
{
    internal static readonly Dictionary<string, VjpRule> All = new(StringComparer.Ordinal)
    {
        ["Identity"] = n => n.Give(0, n.G),
        ["Cast"] = Cast,
        ["CastLike"] = Cast,
        ["Dropout"] = Dropout,
        ["Erf"] = n => n.Give(0, n.G * (n.Graph.One("Exp", -(n.X * n.X)) * (2 / Math.Sqrt(Math.PI)))),
        ["Exp"] = n => n.Give(0, n.G * n.Y),
        ["Log"] = n => n.Give(0, n.G / n.X),
        ["Sqrt"] = n => n.Give(0, n.G / (n.Y * 2)),
        ["Reciprocal"] = n => n.Give(0, -(n.G * (n.Y * n.Y))),
        ["Neg"] = n => n.Give(0, -n.G),
        ["Abs"] = n => n.Give(0, n.G * n.Graph.One("Sign", n.X)),
        ["Sin"] = n => n.Give(0, n.G * n.Graph.One("Cos", n.X)),
        ["Cos"] = n => n.Give(0, -(n.G * n.Graph.One("Sin", n.X))),
        ["Tan"] = n => n.Give(0, n.G * (n.Y * n.Y + 1)),
        ["Sinh"] = n => n.Give(0, n.G * n.Graph.One("Cosh", n.X)),
        ["Cosh"] = n => n.Give(0, n.G * n.Graph.One("Sinh", n.X)),
        ["Asin"] = n => n.Give(0, n.G / n.Graph.One("Sqrt", 1 - n.X * n.X)),
        ["Acos"] = n => n.Give(0, -(n.G / n.Graph.One("Sqrt", 1 - n.X * n.X))),
        ["Atan"] = n => n.Give(0, n.G / (n.X * n.X + 1)),
        ["Asinh"] = n => n.Give(0, n.G / n.Graph.One("Sqrt", n.X * n.X + 1)),
        ["Acosh"] = n => n.Give(0, n.G / n.Graph.One("Sqrt", n.X * n.X + -1)),
        ["Atanh"] = n => n.Give(0, n.G / (1 - n.X * n.X)),
    };

    // Eight-bit numbers between quantisations carry a cotangent of real numbers.
    private static void Cast(VjpContext n) => n.Give(0, n.X.Fact.IsReal ? n.G.As(n.X.Fact.Type) : n.G.As(DataType.Float));

    private static void Dropout(VjpContext n)
    {
        if (n.Has(2) && n.Numbers(2) is not [0])
        {
            var ratio = n.Has(1) ? n.Numbers(1) is [var given] ? given : throw n.Unsupported("its ratio is not a constant") : 0.5;
            var mask = n.Extra(1, "__mask", n.X.Fact with { Type = DataType.Bool });
            n.Give(0, (n.G / (1 - ratio)).Where(mask));
            return;
        }

        n.Give(0, n.G);
    }
}
