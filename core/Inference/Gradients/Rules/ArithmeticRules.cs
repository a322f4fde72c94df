namespace Iml4e.Inference.Gradients.Rules;

/// <summary>Arithmetic of several operands, which may be broadcast.</summary>
internal static class ArithmeticRules
{
    internal static readonly Dictionary<string, VjpRule> All = new(StringComparer.Ordinal)
    {
        ["Add"] = n => Each(n, _ => n.G),
        ["Sum"] = n => Each(n, _ => n.G),
        ["Mean"] = n => Each(n, _ => n.G / n.Inputs),
        ["Sub"] = n => Each(n, k => k == 0 ? n.G : -n.G),
        ["Mul"] = n => Each(n, k => n.G * n.In(1 - k)),
        ["Div"] = Div,
        ["Pow"] = Pow,
        ["Min"] = Extremum,
        ["Max"] = Extremum,
        ["Clip"] = Clip,
        ["Where"] = n => Each(n, k => k == 1 ? n.G.Where(n.In(0)) : Shaping.Choose(n.In(0), n.G.Like(0), n.G)),
    };

    private static void Each(VjpContext n, Func<int, Term> cotangent)
    {
        for (var k = 0; k < n.Inputs; k++)
        {
            if (n.Needs(k))
                n.Give(k, cotangent(k).Unbroadcast(n.In(k)));
        }
    }

    private static void Div(VjpContext n)
    {
        var q = n.G / n.In(1);
        Each(n, k => k == 0 ? q : -(q * n.Y));
    }

    private static void Pow(VjpContext n)
    {
        var type = n.X.Fact.Type;
        if (n.Needs(0))
            n.Give(0, n.Numbers(1) is [var exponent] ? (n.G * Slope(n, exponent)).Unbroadcast(n.X) : (n.G * Slope(n, n.In(1).As(type))).Unbroadcast(n.X));
        if (n.Needs(1))
            n.Give(1, (n.G * n.Y * n.Graph.One("Log", Shaping.Choose(n.X > 0, n.X, n.X.Like(1)))).Unbroadcast(n.In(1)));
    }

    private static Term Slope(VjpContext n, double exponent) => exponent switch
    {
        0 => n.X.Like(0),
        1 => n.X.Like(1),
        2 => n.X * 2,
        3 => n.X * n.X * 3,
        0.5 => n.X.Like(0.5) / n.Y,
        _ => n.Graph.Pair("Pow", n.X, n.X.Like(exponent - 1)) * exponent,
    };

    private static Term Slope(VjpContext n, Term exponent) =>
        Shaping.Choose(exponent.Is(0), exponent.Like(0), exponent * n.Graph.Pair("Pow", n.X, exponent + -1));

    private static void Extremum(VjpContext n)
    {
        var type = n.Y.Fact.Type;
        Term Mask(int k) => n.In(k).Is(n.Y).As(type);

        var share = n.G;
        if (n.Ties == TiePolicy.EvenSplit && n.Inputs > 1)
        {
            var count = Mask(0);
            for (var k = 1; k < n.Inputs; k++)
                count += Mask(k);
            share = n.G / count;
        }

        Each(n, k => share * Mask(k));
    }

    private static void Clip(VjpContext n)
    {
        Term? inside = null;
        if (n.Has(1))
            inside = n.X >= n.In(1);
        if (n.Has(2))
            inside = inside is { } above ? above & (n.X <= n.In(2)) : n.X <= n.In(2);
        if (n.Needs(0))
            n.Give(0, inside is { } within ? n.G.Where(within) : n.G);
    }
}
