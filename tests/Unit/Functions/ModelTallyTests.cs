using Iml4e.Catalog;
using Iml4e.Functions.Monitoring;

namespace Iml4e.Tests.Unit.Functions;

public sealed class ModelTallyTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Scores_of_a_bounded_tally_are_those_of_all_the_losses()
    {
        const int window = 50;
        var random = new Random(1);
        var losses = Enumerable.Range(0, 20_000).Select(_ => random.NextDouble()).ToArray();
        var sums = new double[losses.Length + 1];
        for (var i = 0; i < losses.Length; i++)
            sums[i + 1] = sums[i] + losses[i];
        var tally = new ModelTally(window);
        var taken = 0L;
        for (var i = 0; i < losses.Length; i++)
        {
            tally.Add(Point(i, losses[i], Start.AddSeconds(i)));
            if (i % 997 != 0)
                continue;
            foreach (var score in tally.Signal("1", window, 2).ScoresAfter(taken))
            {
                // To the last bit: the trigger's decisions are replayed.
                Assert.Equal((sums[score.Outcomes] - sums[score.Outcomes - window]) / window / 2, score.Value);
                Assert.Equal(taken == 0 ? window : taken + (window / 5), score.Outcomes);
                taken = score.Outcomes;
            }
        }

        Assert.True(taken > 19_000);
        Assert.True(tally.Signal("1", window, 2).Scores.Count < 2000);
        Assert.Equal(losses.TakeLast(500).Average(), tally.Series().Recent!.Value, 1e-9);
        Assert.Equal(20_000, tally.Series().Outcomes);
    }

    [Fact]
    public void Outcomes_of_several_processes_are_taken_in_order_of_time_and_each_once()
    {
        var tally = new ModelTally(10);
        var even = Enumerable.Range(0, 100).Where(i => i % 2 == 0).Select(i => Point(i, i, Start.AddHours(i)));
        var odd = Enumerable.Range(0, 100).Where(i => i % 2 == 1).Select(i => Point(i, i, Start.AddHours(i)));
        var other = new LogCursor { From = "2026-01-07" };
        tally.Take(even, other, Start.AddDays(1));
        Assert.Equal(12, tally.Series().Outcomes);
        Assert.Equal(other, tally.OutcomeCursor);
        tally.Take(odd.Where(p => p.ReceivedAt >= Start.AddDays(1)), other, Start.AddDays(2));
        tally.Take(even, other, null);
        Assert.Equal(88, tally.Series().Outcomes);
        var expected = new ModelTally(10);
        foreach (var i in Enumerable.Range(0, 100).Where(i => i % 2 == 0 || i >= 24))
            expected.Add(Point(i, i, Start.AddHours(i)));
        Assert.Equal(expected.Signal("1", 10, 1).Scores, tally.Signal("1", 10, 1).Scores);
    }

    [Fact]
    public void Only_the_newest_versions_and_repeats_are_remembered()
    {
        var tally = new ModelTally(1);
        for (var i = 0; i < 40; i++)
            tally.Add(Point(i, 1, Start.AddSeconds(i)) with { Version = $"{i}" });
        Assert.Empty(tally.Signal("0", 1, 1).Scores);
        Assert.Single(tally.Signal("39", 1, 1).Scores);
        var hashes = new RecentHashes<int>(3);
        foreach (var hash in new UInt128[] { 1, 2, 3, 1 })
            hashes.Set(hash, 5);
        Assert.True(hashes.TryGet(1, out var value) && value == 5 && !hashes.HasForgotten);
        hashes.Set(4, 6);
        Assert.True(hashes.HasForgotten && hashes.TryGet(4, out _) && hashes.TryGet(2, out _));
        Assert.False(hashes.TryGet(1, out _));
    }

    [Fact]
    public void A_revision_stands_where_the_first_outcome_stood_to_the_last_bit()
    {
        const int window = 40;
        var random = new Random(3);
        var losses = Enumerable.Range(0, 40_000).Select(_ => random.NextDouble()).ToArray();
        var corrected = (double[])losses.Clone();
        var tally = new ModelTally(window);
        for (var i = 0; i < losses.Length; i++)
        {
            tally.Add(Point(i, losses[i], Start.AddSeconds(i)));
            if (i % 97 == 0)
            {
                var late = Math.Max(0, i - (i % 300));
                corrected[late] = random.NextDouble();
                var point = Point(late, corrected[late], Start.AddSeconds(i)) with { Revision = i + 1, IsReplacement = true };
                tally.Add(point);
                tally.Add(point);
                tally.Add(point with { Revision = i, Loss = 1000 });
            }
        }

        var expected = new ModelTally(window);
        for (var i = 0; i < corrected.Length; i++)
            expected.Add(Point(i, corrected[i], Start.AddSeconds(i)));
        Assert.Equal(expected.Signal("1", window, 1).Scores, tally.Signal("1", window, 1).Scores);
        var (actual, should) = (tally.Series(), expected.Series());
        Assert.Equal((should.Outcomes, should.Points.Count), (actual.Outcomes, actual.Points.Count));
        Assert.Equal(should.Recent!.Value, actual.Recent!.Value, 1e-12);
        foreach (var (one, other) in should.Points.Zip(actual.Points))
            Assert.Equal((one.At, Math.Round(one.Loss, 9)), (other.At, Math.Round(other.Loss, 9)));
        Assert.Equal(losses.Length, should.Outcomes);
        var size = losses.Length / should.Points.Count;
        Assert.Equal(corrected.Take(size).Average(), actual.Points[0].Loss, 1e-9);
    }

    [Fact]
    public void A_revision_that_is_read_before_the_first_outcome_counts_alone()
    {
        var tally = new ModelTally(1);
        tally.Add(Point(1, 7, Start) with { Revision = 2, IsReplacement = true });
        tally.Add(Point(1, 3, Start));
        Assert.Equal((1, 7.0), (tally.Series().Outcomes, tally.Series().Recent));
    }

    private static OutcomePoint Point(int number, double loss, DateTimeOffset at) =>
        new(OutcomePoint.HashOf($"p{number}"), at, at.AddMinutes(-5), "1", PredictionVariant.Champion, loss);
}
