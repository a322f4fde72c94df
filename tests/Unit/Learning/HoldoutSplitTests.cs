using Iml4e.Learning;

namespace Iml4e.Tests.Unit.Learning;

/// <summary>Rows for a trainer that is not ours (specification of the adaptive pipeline, section 5).</summary>
public sealed class HoldoutSplitTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(24)]
    public void The_hold_out_is_later_than_everything_before_by_the_forecast_horizon(int gap)
    {
        // Newest first in the file, and every tenth row without a label.
        var frame = new DataFrame(
        [
            new TimestampColumn("at", [.. Enumerable.Range(0, 500).Select(i => (499L - i) * 3600)]),
            new NumberColumn("y", [.. Enumerable.Range(0, 500).Select(i => i % 10 == 0 ? double.NaN : i)]),
        ]);
        var split = HoldoutSplit.Of(frame, Options(gap));
        var times = frame.Timestamps("at");
        Assert.Equal((90, 360 - gap), (split.Holdout.Length, split.Train.Length));
        Assert.True(split.Holdout.Min(r => times[r]) - split.Train.Max(r => times[r]) > gap * 3600L);
        Assert.Equal(split.Train.OrderBy(r => times[r]), split.Train);
        Assert.DoesNotContain(split.Train.Concat(split.Holdout), r => r % 10 == 0);
    }

    [Fact]
    public void A_gap_that_leaves_nothing_is_refused()
    {
        double[] numbers = [.. Enumerable.Range(0, 200).Select(i => (double)i)];
        var frame = new DataFrame([new NumberColumn("at", numbers), new NumberColumn("y", numbers)]);
        Assert.Equal("data.time", Assert.Throws<TrainingDataException>(() => HoldoutSplit.Of(frame, Options(160))).Path);
    }

    private static TrainingOptions Options(int gap) => new() { Task = LearningTask.Regression, Label = "y", Time = "at", Gap = gap, Holdout = 0.2 };
}
