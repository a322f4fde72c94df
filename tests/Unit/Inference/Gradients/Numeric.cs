using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Inference.Gradients;

/// <summary>Gradients run, and compared with differences and adjoints.</summary>
internal static class Numeric
{
    internal static readonly SessionSettings Plain = new() { Optimization = GraphOptimization.Basic };

    /// <summary>Outputs and gradients of a model for given inputs and cotangents.</summary>
    internal static Dictionary<string, Tensor> Run(GradientModel model, params IEnumerable<Tensor> inputs)
    {
        using var session = ModelSession.Load(GraphSurgery.Serialize(model.Model));
        return session.Run([.. inputs]).ToDictionary(t => t.Name, StringComparer.Ordinal);
    }

    internal static Tensor Floats(string name, long[] shape, params float[] values) => Tensor.FromFloats(name, values, shape);

    internal static float[] Sequence(int count, float start = 1) => [.. Enumerable.Range(0, count).Select(i => start + i)];

    /// <summary>Numbers of both signs, all different and none near zero, in any order.</summary>
    internal static Tensor Distinct(Random random, string name, params long[] shape)
    {
        var count = (int)shape.Aggregate(1L, (a, b) => a * b);
        var values = Enumerable.Range(0, count).Select(i => (float)((i + 0.5 - count / 2) * (4.0 / Math.Max(count, 8)))).ToArray();
        random.Shuffle(values);
        return Tensor.FromFloats(name, values, shape);
    }

    /// <summary>Numbers between two bounds.</summary>
    internal static Tensor Between(Random random, double low, double high, string name, params long[] shape) =>
        Tensor.FromFloats(name, Uniform(random, low, high, (int)shape.Aggregate(1L, (a, b) => a * b)), shape);

    private static float[] Uniform(Random random, double low, double high, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (float)(low + random.NextDouble() * (high - low)))];

    internal static void Close(double[] expected, Tensor actual, double tolerance)
    {
        var values = actual.ToDoubles();
        Assert.Equal(expected.Length, values.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - values[i]) <= tolerance, $"{actual.Name}[{i}] = {values[i]:R}, expected {expected[i]:R}");
    }

    internal static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    internal static double Norm(double[] a) => Math.Sqrt(Dot(a, a));
}
