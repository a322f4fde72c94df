namespace Iml4e.Inference.Gradients.Rules;

/// <summary>Activations of networks.</summary>
internal static class ActivationRules
{
    private static readonly double RootOfTwoOverPi = Math.Sqrt(2 / Math.PI);

    internal static readonly Dictionary<string, VjpRule> All = new(StringComparer.Ordinal)
    {
        ["Relu"] = n => n.Give(0, n.IsMasked ? n.G : n.G.Where(n.Y > 0)),
        ["LeakyRelu"] = n => n.Give(0, Shaping.Choose(n.X > 0, n.G, n.G * n.Float("alpha", 0.01f))),
        ["Elu"] = n => n.Give(0, Shaping.Choose(n.X > 0, n.G, n.G * (n.Y + n.Float("alpha", 1)))),
        ["Selu"] = Selu,
        ["Celu"] = n => n.Give(0, Shaping.Choose(n.X > 0, n.G, n.G * n.Graph.One("Exp", n.X / n.Float("alpha", 1)))),
        ["ThresholdedRelu"] = n => n.Give(0, n.G.Where(n.X > n.Float("alpha", 1))),
        ["PRelu"] = PRelu,
        ["Sigmoid"] = n => n.Give(0, n.G * (n.Y * (1 - n.Y))),
        ["HardSigmoid"] = n => n.Give(0, (n.G * n.Float("alpha", 0.2f)).Where((n.Y > 0) & (n.Y < 1))),
        ["HardSwish"] = HardSwish,
        ["Tanh"] = n => n.Give(0, n.G * (1 - n.Y * n.Y)),
        ["Softplus"] = n => n.Give(0, n.G * n.Graph.One("Sigmoid", n.X)),
        ["Softsign"] = Softsign,
        ["Mish"] = Mish,
        ["Gelu"] = n => Gelu(n, n.Text("approximate", "none") == "tanh"),
        ["com.microsoft.Gelu"] = n => Gelu(n, false),
        ["com.microsoft.FastGelu"] = FastGelu,
        ["com.microsoft.QuickGelu"] = QuickGelu,
    };

    private static void Selu(VjpContext n)
    {
        var (alpha, gamma) = (n.Float("alpha", 1.67326319217681884765625f), n.Float("gamma", 1.05070102214813232421875f));
        n.Give(0, n.G * Shaping.Choose(n.X > 0, n.X.Like(gamma), n.Y + gamma * alpha));
    }

    private static void PRelu(VjpContext n)
    {
        var positive = n.X > 0;
        if (n.Needs(0))
            n.Give(0, Shaping.Choose(positive, n.G, n.G * n.In(1)));
        if (n.Needs(1))
            n.Give(1, Shaping.Choose(positive, n.X.Like(0), n.G * n.X).Unbroadcast(n.In(1)));
    }

    private static void HardSwish(VjpContext n) =>
        n.Give(0, Shaping.Choose(n.X < -3, n.X.Like(0), Shaping.Choose(n.X > 3, n.G, n.G * (n.X / 3 + 0.5))));

    private static void Softsign(VjpContext n)
    {
        var below = n.Graph.One("Abs", n.X) + 1;
        n.Give(0, n.G / (below * below));
    }

    private static void Mish(VjpContext n)
    {
        var t = n.Graph.One("Tanh", n.Graph.One("Softplus", n.X));
        n.Give(0, n.G * (t + n.X * n.Graph.One("Sigmoid", n.X) * (1 - t * t)));
    }

    private static void Gelu(VjpContext n, bool approximate) => n.Give(0, n.G * (approximate ? TanhSlope(n.X) : ErfSlope(n.X)));

    private static void FastGelu(VjpContext n)
    {
        var x = n.Has(1) ? n.X + n.In(1) : n.X;
        var dx = n.G * TanhSlope(x);
        if (n.Needs(0))
            n.Give(0, dx);
        if (n.Needs(1))
            n.Give(1, dx.Unbroadcast(n.In(1)));
    }

    // y = x·σ(αx)
    private static void QuickGelu(VjpContext n)
    {
        var alpha = n.Float("alpha", 1.702f);
        var s = n.Graph.One("Sigmoid", n.X * alpha);
        n.Give(0, n.G * (s + n.X * alpha * (s * (1 - s))));
    }

    // Φ(x) + x·φ(x)
    private static Term ErfSlope(Term x)
    {
        var below = (x.Graph.One("Erf", x * Math.Sqrt(0.5)) + 1) * 0.5;
        var density = x.Graph.One("Exp", x * x * -0.5) * (1 / Math.Sqrt(2 * Math.PI));
        return below + x * density;
    }

    private static Term TanhSlope(Term x)
    {
        var square = x * x;
        var t = x.Graph.One("Tanh", x * (square * 0.044715 + 1) * RootOfTwoOverPi);
        return (t + 1) * 0.5 + x * (1 - t * t) * (square * (3 * 0.044715) + 1) * (0.5 * RootOfTwoOverPi);
    }
}
