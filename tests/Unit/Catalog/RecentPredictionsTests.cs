using System.Globalization;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Iml4e.Catalog;

namespace Iml4e.Tests.Unit.Catalog;

public sealed class RecentPredictionsTests
{
    [Fact]
    public void What_was_added_last_is_found_and_what_is_found_was_added() =>
        Prop.ForAll(
            Gen.Zip(Gen.Choose(4, 40).Select(n => n * 1000), Gen.Zip(Gen.Choose(0, 30), Gen.Choose(0, 700)).ListOf(200)).ToArbitrary(),
            sample => Holds(sample.Item1, [.. sample.Item2])).QuickCheckThrowOnFailure();

    [Fact]
    public void An_answer_and_its_shadow_are_found_together_in_the_order_in_which_they_came()
    {
        var recent = new RecentPredictions(1 << 20);
        recent.Add("m.a", shadow: false, Line("m.a", PredictionVariant.Champion, 0));
        recent.Add("m.b", shadow: false, Line("m.b", PredictionVariant.Champion, 0));
        recent.Add("m.a", shadow: true, Line("m.a", PredictionVariant.Shadow, 0));
        Assert.Equal([PredictionVariant.Champion, PredictionVariant.Shadow], recent.Find("m.a")!.Select(r => r.Variant));
    }

    [Fact]
    public void A_shadow_alone_is_not_the_whole_truth()
    {
        var recent = new RecentPredictions(1 << 20);
        recent.Add("m.a", shadow: true, Line("m.a", PredictionVariant.Shadow, 0));
        Assert.Null(recent.Find("m.a"));
    }

    [Fact]
    public void A_line_that_is_too_large_and_a_capacity_of_nothing_keep_nothing()
    {
        var small = new RecentPredictions(16_000);
        small.Add("m.a", shadow: false, Line("m.a", PredictionVariant.Champion, 2000));
        Assert.Null(small.Find("m.a"));
        var none = new RecentPredictions(0);
        none.Add("m.a", shadow: false, Line("m.a", PredictionVariant.Champion, 0));
        Assert.Null(none.Find("m.a"));
    }

    // Whatever is found is what was added under the id; and the newest of it, for at least half of the capacity, is found.
    private static bool Holds(int capacity, (int Id, int Padding)[] steps)
    {
        var recent = new RecentPredictions(capacity);
        var added = new List<(string Id, int Length, int Index)>();
        for (var i = 0; i < steps.Length; i++)
        {
            var id = "m." + steps[i].Id.ToString(CultureInfo.InvariantCulture);
            var line = Line(id, PredictionVariant.Champion, steps[i].Padding % Math.Max(1, (capacity / 16) - 300), i);
            recent.Add(id, shadow: false, line);
            added.Add((id, line.Length + 20, i));
            foreach (var known in Enumerable.Range(0, 31).Select(n => "m." + n.ToString(CultureInfo.InvariantCulture)))
            {
                var found = recent.Find(known)?.Select(r => (int)r.LatencyMs).ToList() ?? [];
                var all = added.Where(a => a.Id == known).Select(a => a.Index).ToList();
                if (!found.SequenceEqual(all.TakeLast(found.Count)))
                    return false;
            }

            long bytes = 0;
            for (var j = added.Count - 1; j >= 0 && (bytes += added[j].Length) < capacity / 2; j--)
            {
                if (recent.Find(added[j].Id)?.Any(r => (int)r.LatencyMs == added[j].Index) != true)
                    return false;
            }
        }

        return true;
    }

    private static byte[] Line(string id, PredictionVariant variant, int padding, int mark = 0) => JsonSerializer.SerializeToUtf8Bytes(
        new PredictionRecord
        {
            Id = id, At = DateTimeOffset.UnixEpoch, Model = "m", Version = "1", Digest = new string('d', padding), Variant = variant, LatencyMs = mark,
        },
        LogJson.Compact.PredictionRecord);
}
