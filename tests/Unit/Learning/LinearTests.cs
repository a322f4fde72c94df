using Iml4e.Learning.Linear;

namespace Iml4e.Tests.Unit.Learning;

public class LinearTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(250)]
    public void Ridge_regression_solves_its_normal_equations(double l2)
    {
        var (x, y) = Data(300, 6, 1);
        var (weights, intercept) = RidgeRegression.Fit(x, y, l2);
        var residual = Residual(x, y, weights, intercept);
        Assert.Equal(0, residual.Sum(), 1e-8);
        for (var j = 0; j < x.Length; j++)
            Assert.Equal(l2 * weights[j], x[j].Zip(residual, (a, b) => a * b).Sum(), 1e-8);
    }

    [Fact]
    public void Ridge_regression_finds_the_known_answer()
    {
        // y = 1 + 2 x for x = 0, 1, 2 with l2 = 2: w = 4 / (2 + 2), b = 3 - w.
        var (weights, intercept) = RidgeRegression.Fit([[0, 1, 2]], [1, 3, 5], 2);
        Assert.Equal(1, weights[0], 1e-12);
        Assert.Equal(2, intercept, 1e-12);
    }

    [Fact]
    public void A_doubled_column_shares_its_weight_even_without_a_penalty()
    {
        var (x, y) = Data(200, 3, 2);
        var doubled = new[] { x[0], x[1], x[2], x[0] };
        var (weights, intercept) = RidgeRegression.Fit(doubled, y, 0);
        Assert.Equal(weights[0], weights[3], 1e-6);
        var (plain, plainIntercept) = RidgeRegression.Fit(x, y, 0);
        Assert.Equal(plain[0], weights[0] + weights[3], 1e-6);
        Assert.Equal(plainIntercept, intercept, 1e-6);
    }

    [Theory]
    [InlineData(2, 1.0)]
    [InlineData(2, 0.001)]
    [InlineData(4, 1.0)]
    [InlineData(4, 0.01)]
    public void Logistic_regression_ends_where_the_gradient_is_zero(int classes, double l2)
    {
        var (x, score) = Data(400, 5, 3);
        var sorted = score.Order().ToArray();
        var y = score.Select(s => (double)Math.Min(classes - 1, Array.BinarySearch(sorted, s) * classes / 400)).ToArray();
        var fit = LogisticRegression.Fit(x, y, classes, l2, 200, 1e-9, null, default);
        Assert.True(fit.Converged, $"{fit.Iterations} iterations, gradient {fit.Gradient}");

        // The gradient once more, written out.
        var logits = classes == 2 ? 1 : classes;
        for (var k = 0; k < logits; k++)
        {
            var residual = new double[400];
            for (var r = 0; r < 400; r++)
            {
                var z = Enumerable.Range(0, logits).Select(c => fit.Intercepts[c] + Enumerable.Range(0, 5).Sum(j => fit.Weights[(j * logits) + c] * x[j][r]))
                    .ToArray();
                var p = logits == 1 ? 1 / (1 + Math.Exp(-z[0])) : Math.Exp(z[k]) / z.Sum(Math.Exp);
                residual[r] = p - (logits == 1 ? y[r] : y[r] == k ? 1 : 0);
            }
            Assert.Equal(0, residual.Sum(), 1e-5);
            for (var j = 0; j < 5; j++)
                Assert.Equal(0, x[j].Zip(residual, (a, b) => a * b).Sum() + (l2 * fit.Weights[(j * logits) + k]), 1e-5);
        }
    }

    [Fact]
    public void Separable_classes_keep_finite_weights()
    {
        var x = Enumerable.Range(0, 100).Select(i => i < 50 ? -1.0 - i : 1.0 + i).ToArray();
        var fit = LogisticRegression.Fit([x], [.. x.Select(v => v > 0 ? 1.0 : 0)], 2, 1, 200, 1e-8, null, default);
        Assert.True(fit.Converged);
        Assert.InRange(fit.Weights[0], 0.01, 100);
    }

    [Fact]
    public void Standardization_imputes_the_median_and_leaves_constants_at_zero()
    {
        float[] values = [1, 7, 2, 7, float.NaN, 7, 9, 7];
        var scaling = Standardization.Fit(values, 4, 2);
        Assert.Equal(2, scaling.Medians[0]);
        Assert.Equal(3.5f, scaling.Means[0]);
        Assert.Equal(1 / Math.Sqrt(((2.5 * 2.5) + (1.5 * 1.5) + (1.5 * 1.5) + (5.5 * 5.5)) / 4), scaling.InverseDeviations[0], 1e-6);
        Assert.Equal(scaling.Apply(2, 0), scaling.Apply(float.NaN, 0));
        Assert.Equal(0, scaling.Apply(7, 1));
        Assert.Equal(0, scaling.Apply(1000, 1));
    }

    private static double[] Residual(double[][] x, double[] y, double[] weights, double intercept) =>
        [.. y.Select((value, r) => value - intercept - Enumerable.Range(0, x.Length).Sum(j => weights[j] * x[j][r]))];

    private static (double[][] X, double[] Y) Data(int rows, int columns, int seed)
    {
        var random = new Random(seed);
        var x = Enumerable.Range(0, columns).Select(_ => Enumerable.Range(0, rows).Select(_ => Frames.Normal(random)).ToArray()).ToArray();
        var y = Enumerable.Range(0, rows).Select(r => 3 + Enumerable.Range(0, columns).Sum(j => (j - 1.5) * x[j][r]) + Frames.Normal(random)).ToArray();
        return (x, y);
    }
}
