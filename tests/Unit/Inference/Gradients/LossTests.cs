using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Inference.Gradients;

/// <summary>Losses and their closed gradients.</summary>
public sealed class LossTests
{
    private static readonly float[] P = [0.5f, -1.5f, 2, 0.25f, -3, 1];
    private static readonly float[] T = [0, 0.25f, 2, 1, 0.5f, 0.75f];

    [Theory]
    [InlineData(LossReduction.Mean)]
    [InlineData(LossReduction.Sum)]
    [InlineData(LossReduction.None)]
    public void Losses_of_numbers(LossReduction reduction)
    {
        Check(new LossSpec { Kind = LossKind.MeanSquaredError }, reduction, (p, t) => ((p - t) * (p - t), 2 * (p - t)));
        Check(new LossSpec { Kind = LossKind.MeanAbsoluteError }, reduction, (p, t) => (Math.Abs(p - t), Math.Sign(p - t)));
        Check(new LossSpec { Kind = LossKind.BinaryCrossEntropy }, reduction, (p, t) =>
            (Math.Max(p, 0) - p * t + Math.Log(1 + Math.Exp(-Math.Abs(p))), 1 / (1 + Math.Exp(-p)) - t));
        Check(new LossSpec { Kind = LossKind.Huber, Delta = 0.8 }, reduction, (p, t) => (Huber(p - t, 0.8), Math.Clamp(p - t, -0.8, 0.8)));
        Check(new LossSpec { Kind = LossKind.SmoothL1, Beta = 0.6 }, reduction, (p, t) => (Huber(p - t, 0.6) / 0.6, Math.Clamp((p - t) / 0.6, -1, 1)));
        Check(new LossSpec { Kind = LossKind.Pinball, Quantile = 0.9 }, reduction, (p, t) =>
            (Math.Max(0.9 * (t - p), -0.1 * (t - p)), t > p ? -0.9 : t < p ? 0.1 : 0));
    }

    [Fact]
    public void Negative_log_likelihood_with_weights()
    {
        var (loss, gradient) = Classes(new LossSpec { Kind = LossKind.NegativeLogLikelihood, ClassWeights = [1, 2, 4] }, [2, 0]);
        // Weights 4 and 1.
        Assert.Equal(-(4 * 2 + 0.25) / 5, loss, 1e-6);
        AssertClose([0, 0, -0.8, -0.2, 0, 0], gradient);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void A_margin_that_is_lost_already_has_no_gradient(double margin)
    {
        // Scores [0.5, -1.5, 2] and [0.25, -3, 1] of class 1: it is 3.5 and 4 behind.
        var (loss, gradient) = Classes(new LossSpec { Kind = LossKind.Margin, Margin = margin }, [1, 1]);
        Assert.Equal(0, loss);
        AssertClose(new double[6], gradient);
    }

    [Fact]
    public void The_margin_draws_the_own_score_down_and_the_best_other_one_up()
    {
        var (loss, gradient) = Classes(new LossSpec { Kind = LossKind.Margin, Margin = 1, Reduction = LossReduction.Sum }, [2, 0]);
        // 2 - 0.5 + 1 and 0.25 - 1 + 1.
        Assert.Equal(2.75, loss, 1e-6);
        AssertClose([-1, 0, 1, 1, 0, -1], gradient);
    }

    [Fact]
    public void Focal_loss_without_focus_is_cross_entropy()
    {
        var (focal, gradient) = Classes(new LossSpec { Kind = LossKind.Focal, FocalGamma = 0 }, [2, 0]);
        var (entropy, expected) = Classes(new LossSpec { Kind = LossKind.SoftmaxCrossEntropy }, [2, 0]);
        Assert.Equal(entropy, focal, 1e-6);
        AssertClose(expected, gradient);
    }

    [Fact]
    public void Focal_loss_agrees_with_differences()
    {
        var spec = new LossSpec { Kind = LossKind.Focal, FocalGamma = 2, FocalAlpha = 0.25, Reduction = LossReduction.Sum };
        var (_, gradient) = Classes(spec, [2, 0]);
        for (var i = 0; i < P.Length; i++)
        {
            var (up, down) = (P.ToArray(), P.ToArray());
            up[i] += 1e-2f;
            down[i] -= 1e-2f;
            Assert.Equal((Classes(spec, [2, 0], up).Loss - Classes(spec, [2, 0], down).Loss) / (up[i] - down[i]), gradient[i], 1e-4);
        }
    }

    private static (double Loss, double[] Gradient) Classes(LossSpec spec, long[] labels, float[]? scores = null)
    {
        var model = Build(spec, [2, 3]);
        var results = Numeric.Run(model, Tensor.FromFloats("x", scores ?? P, 2, 3), Tensor.FromInt64s("labels", labels, 2));
        return (results["loss"].ToDoubles()[0], results["grad_x"].ToDoubles());
    }

    private static void Check(LossSpec spec, LossReduction reduction, Func<double, double, (double Loss, double Slope)> expected)
    {
        var model = Build(spec with { Reduction = reduction }, [2, 3]);
        var results = Numeric.Run(model, Tensor.FromFloats("x", P, 2, 3), Tensor.FromFloats("labels", T, 2, 3));
        var each = P.Zip(T, (p, t) => expected(p, t)).ToList();
        var losses = each.Select(e => e.Loss).ToList();
        var (loss, share) = reduction switch
        {
            LossReduction.Mean => ([losses.Average()], 6),
            LossReduction.Sum => ([losses.Sum()], 1),
            _ => (new[] { losses.Take(3).Average(), losses.Skip(3).Average() }, 3),
        };
        AssertClose(loss, results["loss"].ToDoubles());
        AssertClose([.. each.Select(e => e.Slope / share)], results["grad_x"].ToDoubles());
    }

    private static GradientModel Build(LossSpec spec, long[] shape) =>
        GradientGraphBuilder.Build(
            new OpCase("Identity").In(Tensor.FromFloats("x", new float[6], shape)).Model(),
            new GradientRequest { Wrt = ["x"], Seed = SeedMode.Loss, Loss = spec });

    private static double Huber(double e, double delta) => Math.Abs(e) <= delta ? e * e / 2 : delta * (Math.Abs(e) - delta / 2);

    private static void AssertClose(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-6);
    }
}
