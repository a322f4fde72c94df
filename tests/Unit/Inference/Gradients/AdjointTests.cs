using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Inference.Gradients;

/// <summary>
/// ⟨A u, v⟩ = ⟨u, Aᵀ v⟩ for what is linear in its input, in windows of every kind: the shapes are listed, not drawn, so that none is left out.
/// </summary>
public sealed class AdjointTests
{
    private const double Tolerance = 1e-5;
    private const int Shapes = 24;

    public static TheoryData<string> Windows => ["Conv", "ConvTranspose", "AveragePool"];

    public static TheoryData<string> Products => ["MatMul", "Gemm", "Einsum"];

    [Theory]
    [MemberData(nameof(Windows))]
    public void Windows_of_every_kind_are_adjoint(string op)
    {
        for (var dims = 1; dims <= 3; dims++)
        {
            for (var i = 0; i < Shapes; i++)
                Check(Case(op, WindowShape.Of(i, dims), new Random(i)), $"{op}, {WindowShape.Of(i, dims)}");
        }
    }

    [Fact]
    public void The_windows_are_of_every_kind()
    {
        for (var dims = 1; dims <= 3; dims++)
        {
            var shapes = Enumerable.Range(0, Shapes).Select(i => WindowShape.Of(i, dims)).ToList();
            Assert.Equal([1, 2, 6], shapes.Select(s => s.Group).Distinct().Order());
            Assert.Contains(shapes, s => s.Group == s.Channels && s.Group > 1);
            Assert.Equal([1, 2, 3], shapes.SelectMany(s => s.Strides).Distinct().Order());
            Assert.Equal([1, 2], shapes.SelectMany(s => s.Dilations).Distinct().Order());
            Assert.Equal([1, 2, 3, 4, 5, 6, 7], shapes.SelectMany(s => s.Kernel).Distinct().Order());
            Assert.True(shapes.Count(s => !s.Pads.Take(dims).SequenceEqual(s.Pads.Skip(dims))) >= Shapes / 2);
            foreach (var group in new[] { 1, 2, 6 })
            {
                var own = shapes.Where(s => s.Group == group).ToList();
                Assert.Equal([1, 2, 3], own.SelectMany(s => s.Strides).Distinct().Order());
                Assert.Equal([1, 2], own.SelectMany(s => s.Dilations).Distinct().Order());
            }
        }
    }

    // Linear in each operand while the other one stays.
    [Theory]
    [MemberData(nameof(Products))]
    public void Products_are_adjoint_in_each_operand(string op)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            Check(op == "Gemm" ? Gemm(random, seed) : OperatorCases.All[op](random), $"{op}, seed {seed}");
        }
    }

    private static OpCase Gemm(Random r, int seed)
    {
        var (m, k, n) = (r.Next(1, 6), r.Next(1, 6), r.Next(1, 6));
        var (turnA, turnB) = (seed & 1, (seed >> 1) & 1);
        return new OpCase("Gemm").In(Numeric.Distinct(r, "a", turnA == 0 ? [m, k] : [k, m])).In(Numeric.Distinct(r, "b", turnB == 0 ? [k, n] : [n, k]))
            .With(Attr.Int("transA", turnA), Attr.Int("transB", turnB), Attr.Float("alpha", 0.5f + r.Next(4)));
    }

    private static OpCase Case(string op, WindowShape shape, Random random)
    {
        var dims = shape.Kernel.Length;
        var free = op == "AveragePool" || random.Next(3) > 0 ? [] : Enumerable.Range(2, dims).Append(0).ToArray();
        if (op == "ConvTranspose")
        {
            long[] small = [.. shape.Strides.Select((_, i) => 2 + (i + shape.Group) % 3L)];
            long[] pads = [.. shape.Pads.Select((p, i) => Math.Min(p, (shape.Kernel[i % dims] - 1) * shape.Dilations[i % dims] / 2))];
            return new OpCase(op).In(Numeric.Between(random, -1, 1, "x", [2, shape.Channels, .. small]), free)
                .In(Numeric.Between(random, -1, 1, "w", [shape.Channels, 2, .. shape.Kernel]))
                .With(Attr.Ints("strides", shape.Strides), Attr.Ints("dilations", shape.Dilations), Attr.Ints("pads", pads), Attr.Int("group", shape.Group))
                .With(Attr.Ints("output_padding", shape.Strides.Select((s, i) => (i + shape.Kernel[i]) % s)));
        }

        if (op == "Conv")
        {
            return new OpCase(op).In(Numeric.Between(random, -1, 1, "x", [2, shape.Channels, .. shape.Sizes]), free)
                .In(Numeric.Between(random, -1, 1, "w", [2 * shape.Group, shape.Channels / shape.Group, .. shape.Kernel]))
                .With(Attr.Ints("strides", shape.Strides), Attr.Ints("dilations", shape.Dilations), Attr.Ints("pads", shape.Pads), Attr.Int("group", shape.Group));
        }

        long[] within = [.. shape.Pads.Select((p, i) => Math.Min(p, shape.Kernel[i % dims] - 1))];
        long[] sizes = [.. shape.Sizes.Select((size, i) => size + shape.Pads[i] - within[i] + shape.Pads[dims + i] - within[dims + i])];
        return new OpCase(op, 19).In(Numeric.Between(random, -1, 1, "x", [2, shape.Channels, .. sizes])).With(Attr.Ints("kernel_shape", shape.Kernel), Attr.Ints("strides", shape.Strides), Attr.Ints("pads", within))
            .With(Attr.Ints("dilations", shape.Dilations), Attr.Int("count_include_pad", random.Next(2)));
    }

    private static void Check(OpCase given, string what)
    {
        var model = GradientGraphBuilder.Build(given.Model(), new GradientRequest { Wrt = [.. given.Wrt], SeedTensors = ["y"] });
        using var session = ModelSession.Load(model.Model, Numeric.Plain);
        using var forward = ModelSession.Load(given.Model(), Numeric.Plain);
        var y = forward.Run(given.Fed, ["y"])[0];
        var weights = given.Model().Graph.Initializer.Select(TensorProtos.Read);
        var v = Numeric.Between(new Random(1), -1, 1, "dY_y", y.Shape);
        var results = session.Run([.. given.Fed, v]).ToDictionary(t => t.Name, StringComparer.Ordinal);
        var ahead = Numeric.Dot(y.ToDoubles(), v.ToDoubles());
        foreach (var u in given.Fed.Concat(weights).Where(t => given.Wrt.Contains(t.Name)))
        {
            var back = Numeric.Dot(u.ToDoubles(), results["grad_" + u.Name].ToDoubles());
            var scale = Math.Max(Numeric.Norm(y.ToDoubles()) * Numeric.Norm(v.ToDoubles()), 1e-3);
            Assert.True(Math.Abs(ahead - back) <= Tolerance * scale, $"{what}, by {u.Name}: {ahead:R} ahead, {back:R} back, beside {scale:G3}");
        }
    }

    /// <summary>A window over an image.</summary>
    private sealed record WindowShape(int Channels, int Group, long[] Kernel, long[] Strides, long[] Dilations, long[] Pads, long[] Sizes)
    {
        internal static WindowShape Of(int i, int dims)
        {
            var group = (i % 3) switch { 0 => 1, 1 => 2, _ => 6 };
            // In three dimensions the larger kernels only along one of them: 7 x 7 x 7 is much to compute.
            long[] kernel = [.. Enumerable.Range(0, dims).Select(d => dims == 3 && d != i % 3 ? 1 + (i + d) % 2L : 1 + (i / 2 + 3 * d) % 7L)];
            long[] strides = [.. Enumerable.Range(0, dims).Select(d => 1 + (i / 3 + d) % 3L)];
            long[] dilations = [.. Enumerable.Range(0, dims).Select(d => 1 + (i / 5 + d) % 2L)];
            long[] pads = [.. Enumerable.Range(0, 2 * dims).Select(d => (i + d) % 4L)];
            long[] sizes = [.. Enumerable.Range(0, dims).Select(d => Math.Max(1, (kernel[d] - 1) * dilations[d] + 1 - pads[d] - pads[dims + d] + (i + 2 * d) % 5))];
            return new WindowShape(6, group, kernel, strides, dilations, pads, sizes);
        }

        public override string ToString() =>
            $"group {Group}, kernel [{string.Join(',', Kernel)}], strides [{string.Join(',', Strides)}], dilations [{string.Join(',', Dilations)}], "
            + $"pads [{string.Join(',', Pads)}], image [{string.Join(',', Sizes)}]";
    }
}
