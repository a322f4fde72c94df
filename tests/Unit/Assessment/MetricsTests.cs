using FsCheck;
using FsCheck.Fluent;
using Iml4e.Assessment.Metrics;

namespace Iml4e.Tests.Unit.Assessment;

public sealed class MetricsTests
{
    [Fact]
    public void RegressionByHand()
    {
        // e = −1 0 1 −1, ȳ = 13.
        var m = RegressionMetrics.Compute([10, 12, 14, 16], [11, 12, 13, 17]);
        Near.Relative(0.75, m.Mae);
        Near.Relative(Math.Sqrt(0.75), m.Rmse);
        Near.Relative((0.1 + 0 + 1 / 14.0 + 1 / 16.0) / 4, m.Mape);
        Near.Relative(0.07692307692, m.CvRmse);
        Near.Relative(-0.02564102564, m.Nmbe);
        Near.Relative(1 - 3.0 / 20, m.R2);
        Assert.Equal(["cv_rmse", "mae", "mape", "nmbe", "r2", "rmse"], m.ToDictionary().Keys);
    }

    /// <summary>Smaller is better for temperatures below zero too; the sign of the bias stays that of the formula.</summary>
    [Fact]
    public void A_negative_mean_leaves_the_variation_of_the_error_positive()
    {
        var m = RegressionMetrics.Compute([-10, -12, -14, -16], [-11, -12, -13, -17]);
        Near.Relative(0.07692307692, m.CvRmse);
        Near.Relative(-0.02564102564, m.Nmbe);
    }

    [Fact]
    public void UndefinedIsNull()
    {
        Assert.All(RegressionMetrics.Compute([], []).ToDictionary().Values, v => Assert.Null(v));
        var zeros = RegressionMetrics.Compute([0, 0], [1, 1]);
        Assert.Equal((null, null, null, null, 2), (zeros.Mape, zeros.R2, zeros.CvRmse, zeros.Nmbe, zeros.ZeroTargets));
        Assert.Equal(1, zeros.Mae);
        var holes = RegressionMetrics.Compute([1, double.NaN, 3], [1, 2, double.PositiveInfinity]);
        Assert.Equal((1, 2), (holes.Count, holes.Skipped));
        Assert.Throws<ArgumentException>(() => RegressionMetrics.Compute([1], []));
    }

    [Fact]
    public void ClassificationByHand()
    {
        string[] actual = ["a", "a", "a", "b", "b", "c"], predicted = ["a", "a", "b", "b", "c", "c"];
        double[,] p = { { .8, .1, .1 }, { .6, .3, .1 }, { .3, .6, .1 }, { .1, .8, .1 }, { .2, .2, .6 }, { 0, 0, 1 } };
        var m = ClassificationMetrics.Compute(actual, predicted, ["a", "b", "c"], p);
        Near.Relative(4.0 / 6, m.Accuracy);
        Near.Relative((2.0 / 3 + 0.5 + 1) / 3, m.BalancedAccuracy);
        Near.Relative((0.8 + 0.5 + 2.0 / 3) / 3, m.MacroF1);
        Near.Relative(-(Math.Log(.8) + Math.Log(.6) + Math.Log(.3) + Math.Log(.8) + Math.Log(.2) + Math.Log(1 - 1e-15)) / 6, m.LogLoss);
        // a: every a but none of the rest above .2 → 1; b: of 8 pairs .8 beats 4, .2 beats 2 → 6/8; c: 1.
        Near.Relative((1 + 0.75 + 1) / 3, m.RocAuc);
        Assert.Equal([[2, 1, 0], [0, 1, 1], [0, 0, 1]], m.Confusion);
        Assert.Equal(new ClassMetrics("a", 3, 1, 2.0 / 3, 0.8), m.PerClass[0]);
        Assert.Equal(new ClassMetrics("c", 1, 0.5, 1, 2.0 / 3), m.PerClass[2]);
    }

    [Fact]
    public void ClassesThatAreNotThereAreUndefined()
    {
        Assert.All(ClassificationMetrics.Compute([], []).ToDictionary().Values, v => Assert.Null(v));
        var m = ClassificationMetrics.Compute(["x", "x"], ["x", "y"], ["x", "y", "z"]);
        Assert.Equal(0.5, m.BalancedAccuracy);
        Assert.Equal(new ClassMetrics("y", 0, 0, null, 0), m.PerClass[1]);
        Assert.Equal(new ClassMetrics("z", 0, null, null, null), m.PerClass[2]);
        Near.Relative((2.0 / 3 + 0) / 2, m.MacroF1);
        // A truth that the model does not know costs the full clip.
        var unknown = ClassificationMetrics.Compute(["q"], ["x"], ["x"], new double[,] { { 1 } });
        Near.Relative(-Math.Log(1e-15), unknown.LogLoss);
        Assert.Null(unknown.RocAuc);
        Assert.Equal(["x", "q"], unknown.Classes);
        Assert.Null(ClassificationMetrics.Compute(["x"], ["x"], ["x"], new double[,] { { double.NaN } }).LogLoss);
        Assert.Throws<ArgumentException>(() => ClassificationMetrics.Compute(["x"], ["x"], ["x", "x"]));
        Assert.Throws<ArgumentException>(() => ClassificationMetrics.Compute(["x"], ["x"], null, new double[1, 1]));
    }

    [Fact]
    public void TwoClassesTakeTheSecondAsPositive()
    {
        var m = ClassificationMetrics.Compute(["no", "yes", "no", "yes"], ["no", "yes", "no", "no"], ["no", "yes"],
            new double[,] { { .9, .1 }, { .6, .4 }, { .65, .35 }, { .2, .8 } });
        Assert.Equal(1, m.RocAuc);
        m = ClassificationMetrics.Compute(["no", "yes", "no", "yes"], ["no", "yes", "no", "no"], ["no", "yes"],
            new double[,] { { .9, .1 }, { .65, .35 }, { .6, .4 }, { .2, .8 } });
        Assert.Equal(0.75, m.RocAuc);
    }

    [Fact]
    public void AreaIsTheShareOfPairsInOrder() => Prop.ForAll<(byte Score, bool Positive)[]>(rows =>
    {
        var scores = rows.Select(r => (double)(r.Score % 7)).ToArray();
        var truth = rows.Select(r => r.Positive).ToArray();
        double wins = 0, pairs = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            for (var j = 0; j < rows.Length; j++)
            {
                if (!truth[i] || truth[j])
                    continue;
                pairs++;
                wins += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
            }
        }
        var area = ClassificationMetrics.AreaUnderRoc(scores, truth);
        return pairs == 0 ? area is null : Math.Abs(area!.Value - wins / pairs) < 1e-12;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void RegressionIsNeverNotANumber() => Prop.ForAll<(double Y, double P)[]>(rows =>
    {
        var m = RegressionMetrics.Compute([.. rows.Select(r => r.Y)], [.. rows.Select(r => r.P)]);
        return m.ToDictionary().Values.All(v => v is null || double.IsFinite(v.Value)) && m.Count + m.Skipped == rows.Length
            // Squares overflow to undefined, and underflow to zero, where the errors themselves do not.
            && (m.Mae is null or < 1e-150 || m.Rmse is null || m.Mae <= m.Rmse * (1 + 1e-9));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void ClassificationKeepsItsBounds() => Prop.ForAll<(byte T, byte P)[]>(rows =>
    {
        var m = ClassificationMetrics.Compute([.. rows.Select(r => $"c{r.T % 4}")], [.. rows.Select(r => $"c{r.P % 4}")]);
        return m.ToDictionary().Values.All(v => v is null or (>= 0 and <= 1))
            && m.Confusion.Sum(r => r.Sum()) == rows.Length && m.PerClass.Sum(c => c.Support) == rows.Length;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void DirectionsAreKnown()
    {
        Assert.True(MetricNames.IsBetter("mae", 1, 2));
        Assert.True(MetricNames.IsBetter("r2", 0.9, 0.8));
        Assert.True(MetricNames.IsBetter("nmbe", -0.01, 0.02));
        Assert.False(MetricNames.IsBetter("mae", null, 2));
        var names = RegressionMetrics.Compute([1], [1]).ToDictionary().Keys.Concat(ClassificationMetrics.Compute(["a"], ["a"]).ToDictionary().Keys);
        Assert.All(names, n => Assert.True(MetricNames.Directions.ContainsKey(n)));
    }
}
