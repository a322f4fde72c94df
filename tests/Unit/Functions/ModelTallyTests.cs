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
        var hashes = new RecentHashes(3);
        Assert.True(hashes.Add(1) && hashes.Add(2) && hashes.Add(3));
        Assert.False(hashes.Add(1));
        Assert.True(hashes.Add(4) && hashes.Add(1));
        Assert.False(hashes.Add(3) || hashes.Add(4));
    }

    private static OutcomePoint Point(int number, double loss, DateTimeOffset at) =>
        new(OutcomePoint.HashOf($"p{number}"), at, at.AddMinutes(-5), "1", PredictionVariant.Champion, loss);
}
