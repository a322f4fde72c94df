namespace Iml4e.Inference.Gradients.Rules;

/// <summary>Layers that normalise by mean and variance, or by the root mean square.</summary>
internal static class NormalizationRules
{
    internal static readonly Dictionary<string, VjpRule> All = new(StringComparer.Ordinal)
    {
        ["BatchNormalization"] = BatchNormalization,
        ["LayerNormalization"] = LayerNormalization,
        ["InstanceNormalization"] = InstanceNormalization,
        ["RMSNormalization"] = RootMeanSquare,
        ["SimplifiedLayerNormalization"] = RootMeanSquare,
        ["com.microsoft.SimplifiedLayerNormalization"] = RootMeanSquare,
    };

    private static void BatchNormalization(VjpContext n)
    {
        var epsilon = n.Float("epsilon", 1e-5f);
        if (n.Int("training_mode", 0) != 0)
        {
            long[] rows = [0, .. Enumerable.Range(2, n.X.Rank - 2).Select(i => (long)i)];
            Core(n, epsilon, rows, PerChannel(n, n.In(1)), 1, 2);
            var (mean, variance) = Statistics(n, rows);
            n.TakeStatistics(mean.ReshapedLike(n.In(3)), variance.ReshapedLike(n.In(4)));
            return;
        }

        var inverse = Inverse(n.In(4), epsilon);
        if (n.Needs(0))
            n.Give(0, n.G * PerChannel(n, n.In(1) * inverse));
        long[] others = [0, .. Enumerable.Range(2, n.X.Rank - 2).Select(i => (long)i)];
        if (n.Needs(1))
            n.Give(1, (n.G * (n.X - PerChannel(n, n.In(3)))).Summed(false, others) * inverse);
        if (n.Needs(2))
            n.Give(2, n.G.Summed(false, others));
        if (n.Needs(3) || n.Needs(4))
            throw n.Unsupported("its mean and variance are computed by the model; use LayerNormalization or InstanceNormalization");
    }

    private static void InstanceNormalization(VjpContext n) => Core(
        n, n.Float("epsilon", 1e-5f), [.. Enumerable.Range(2, n.X.Rank - 2).Select(i => (long)i)], PerChannel(n, n.In(1)), 1, 2);

    private static void LayerNormalization(VjpContext n)
    {
        var axis = n.Axis(n.Int("axis", -1), n.X.Rank);
        Core(n, n.Float("epsilon", 1e-5f), [.. Enumerable.Range(axis, n.X.Rank - axis).Select(i => (long)i)], n.In(1), 1, 2);
    }

    /// <summary>The gradient of (x - mean)/√(variance + ε)·scale + bias, mean and variance over some axes.</summary>
    private static void Core(VjpContext n, double epsilon, long[] axes, Term scale, int scaleInput, int biasInput)
    {
        var (mean, variance) = Statistics(n, axes);
        var centred = n.X - mean;
        var inverse = Inverse(variance, epsilon);
        if (scale.Rank == n.X.Rank && Array.TrueForAll(axes, a => scale.Shape[a].IsOne))
        {
            PerStatistic(n, axes, centred, inverse, scale, scaleInput, biasInput);
            return;
        }

        var normal = centred * inverse;
        if (n.Needs(0))
        {
            var g = n.G * scale;
            n.Give(0, inverse * (g - g.Averaged(axes) - normal * (g * normal).Averaged(axes)));
        }

        if (n.Needs(scaleInput))
            n.Give(scaleInput, (n.G * normal).Unbroadcast(scale).ReshapedLike(n.In(scaleInput)));
        if (n.Needs(biasInput))
            n.Give(biasInput, n.G.Unbroadcast(scale).ReshapedLike(n.In(biasInput)));
    }

    private static (Term Mean, Term Variance) Statistics(VjpContext n, long[] axes)
    {
        var mean = n.X.Averaged(axes);
        var centred = n.X - mean;
        return (mean, (centred * centred).Averaged(axes));
    }

    /// <summary>Where one scale belongs to each statistic, dx is a·g + b·(x - mean) + c with numbers a, b, c for each: fewer passes over the tensors.</summary>
    private static void PerStatistic(VjpContext n, long[] axes, Term centred, Term inverse, Term scale, int scaleInput, int biasInput)
    {
        var product = n.G * centred;
        if (n.Needs(0))
        {
            var a = inverse * scale;
            n.Give(0, n.G * a - centred * (a * (inverse * inverse) * Mean(product, axes)) - a * Mean(n.G, axes));
        }

        if (n.Needs(scaleInput))
            n.Give(scaleInput, (product.Summed(true, axes) * inverse).Unbroadcast(scale).ReshapedLike(n.In(scaleInput)));
        if (n.Needs(biasInput))
            n.Give(biasInput, n.G.Unbroadcast(scale).ReshapedLike(n.In(biasInput)));
    }

    // By the sum, which the gradients of scale and bias are made of, too.
    private static Term Mean(Term value, long[] axes)
    {
        var shape = value.Shape;
        return Array.TrueForAll(axes, a => shape[a].IsFixed)
            ? value.Summed(true, axes) / axes.Aggregate(1.0, (count, a) => count * shape[a].First) : value.Averaged(axes);
    }

    private static void RootMeanSquare(VjpContext n)
    {
        if (Enumerable.Range(1, n.Outputs - 1).Any(i => n.Cotangent(i) is not null))
            throw n.Unsupported("its second output is differentiated; use the first one only");
        var axis = n.Axis(n.Int("axis", -1), n.X.Rank);
        long[] axes = [.. Enumerable.Range(axis, n.X.Rank - axis).Select(i => (long)i)];
        var r = Inverse((n.X * n.X).Averaged(axes), n.Float("epsilon", 1e-5f));
        var g = n.G * n.In(1);
        if (n.Needs(0))
            n.Give(0, r * (g - n.X * (r * r) * (g * n.X).Averaged(axes)));
        if (n.Needs(1))
            n.Give(1, (n.G * n.X * r).Unbroadcast(n.In(1)));
    }

    private static Term Inverse(Term variance, double epsilon)
    {
        var root = variance.Graph.One("Sqrt", variance + epsilon);
        return root.Graph.One("Reciprocal", root);
    }

    private static Term PerChannel(VjpContext n, Term values) => values.Unsqueezed([0, .. Enumerable.Range(2, n.X.Rank - 2).Select(i => (long)i)]);
}
