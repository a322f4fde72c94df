using System.Text.Json.Nodes;
using Iml4e.Assessment.Experiment;
using Iml4e.Catalog;
using Iml4e.Functions.Experiments;
using Iml4e.Functions.Monitoring;

namespace Iml4e.Tests.Unit.Functions;

public sealed class ExperimentTallyTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Arms_count_units_requests_events_and_unit_means()
    {
        var tally = new ExperimentTally();
        tally.Add(Prediction("1", PredictionVariant.Control, "a", 10));
        tally.Add(Prediction("2", PredictionVariant.Control, "a", 20));
        tally.Add(Prediction("3", PredictionVariant.Challenger, "b", 30));
        tally.Add(Prediction("4", PredictionVariant.Challenger, "c", 0) with { Status = "error" });
        tally.Add(Prediction("5", PredictionVariant.Outside, "d", 5));
        tally.Add(Outcome("1", 12));
        tally.Add(Outcome("2", 26));
        tally.Add(Outcome("3", 31));
        tally.Add(Outcome("5", 99));

        var look = tally.Look(Request());

        Assert.Equal(new Moments(1, 4, 0), look.Control.Outcomes);
        Assert.Equal(new Moments(1, 1, 0), look.Challenger.Outcomes);
        Assert.Equal((1, 2), (look.Control.Units, look.Control.Requests));
        Assert.Equal((2, 2), (look.Challenger.Units, look.Challenger.Requests));
        Assert.Equal(0, look.Control.Events["errors"]);
        Assert.Equal(1, look.Challenger.Events["errors"]);
        Assert.Equal(new CircuitCounts(2, 1), look.Circuit);
    }

    [Fact]
    public void The_same_record_twice_counts_once()
    {
        var tally = new ExperimentTally();
        for (var i = 0; i < 3; i++)
        {
            tally.Add(Prediction("1", PredictionVariant.Control, "a", 10));
            tally.Add(Outcome("1", 12));
        }

        var look = tally.Look(Request());
        Assert.Equal(1, look.Control.Requests);
        Assert.Equal(new Moments(1, 2, 0), look.Control.Outcomes);
        Assert.Equal(look.Control.Outcomes, tally.Look(Request()).Control.Outcomes);
    }

    [Fact]
    public void Outcomes_of_young_requests_wait_until_they_are_mature()
    {
        var tally = new ExperimentTally();
        tally.Add(Prediction("1", PredictionVariant.Control, "a", 10));
        tally.Add(Outcome("1", 12));
        var config = new ExperimentConfiguration { Labels = new LabelTiming { Maturity = TimeSpan.FromHours(1), Deadline = TimeSpan.FromHours(2) } };

        Assert.Equal(0, tally.Look(Request(config, Start.AddMinutes(59))).Control.Outcomes.Count);
        Assert.Equal(1, tally.Look(Request(config, Start.AddMinutes(60))).Control.Outcomes.Count);
        Assert.Equal((1, 0), (tally.Look(Request(config, Start.AddHours(2))).Control.Labelled, tally.Look(Request(config, Start.AddHours(2))).Control.Missing));
    }

    [Fact]
    public void Shadow_pairs_are_formed_in_whatever_order_the_records_come()
    {
        var config = new ExperimentConfiguration { Design = ExperimentDesign.ShadowPaired, Labels = new LabelTiming { Maturity = TimeSpan.Zero } };
        PredictionRecord[] predictions =
        [
            Prediction("1", PredictionVariant.Champion, "a", 10),
            Prediction("1", PredictionVariant.Shadow, "a", 11),
        ];
        foreach (var order in (int[][])[[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]])
        {
            var tally = new ExperimentTally();
            foreach (var i in order)
            {
                if (i == 2)
                    tally.Add(Outcome("1", 12));
                else
                    tally.Add(predictions[i]);
                tally.Look(Request(config, Start.AddMinutes(1)));
            }

            // Champion is off by 2, challenger by 1.
            var look = tally.Look(Request(config, Start.AddMinutes(1)));
            Assert.Equal(new Moments(1, -1, 0), look.Paired);
            Assert.Equal(1, look.Smoke!.Requests);
        }
    }

    [Fact]
    public void While_watching_only_what_came_after_the_promotion_counts()
    {
        var tally = new ExperimentTally();
        tally.Add(Prediction("1", PredictionVariant.Control, "a", 10));
        tally.Add(Prediction("2", PredictionVariant.Control, "a", 10) with { At = Start.AddHours(2) });
        tally.Add(Outcome("1", 12));
        tally.Add(Outcome("2", 15) with { PredictedAt = Start.AddHours(2), ReceivedAt = Start.AddHours(2) });
        var state = new ExperimentState { ExperimentId = "m-v2", Phase = ExperimentPhase.Watching, PromotedAt = Start.AddHours(1) };

        var look = tally.Look(Request(null, Start.AddDays(3)) with { State = state });

        Assert.Equal(1, look.Control.Requests);
        Assert.Equal(new Moments(1, 5, 0), look.Control.Outcomes);
    }

    [Fact]
    public void What_was_not_waited_for_is_an_error_and_slower_than_any_limit()
    {
        var config = new ExperimentConfiguration
        {
            Guardrails = [new Guardrail { Name = "errors" }, new Guardrail { Name = "slow", Event = "latencyMs > 250" }, new Guardrail { Name = "late", Event = "status == 504" }],
            Labels = new LabelTiming { Maturity = TimeSpan.Zero, Deadline = TimeSpan.Zero },
        };
        var tally = new ExperimentTally();
        tally.Add(Prediction("1", PredictionVariant.Challenger, "a", 10) with { Status = PredictionRecord.TimedOut });
        tally.Add(Prediction("2", PredictionVariant.Challenger, "a", 10) with { Status = "error", LatencyMs = 300 });
        tally.Add(Prediction("3", PredictionVariant.Challenger, "b", 10) with { LatencyMs = 251 });

        var arm = tally.Look(Request(config)).Challenger;

        Assert.Equal([2, 1, 3], new[] { "errors", "late", "slow" }.Select(name => arm.Events[name]));
        // Nobody can label what failed.
        Assert.Equal((0, 1), (arm.Labelled, arm.Missing));
    }

    [Fact]
    public void A_label_past_its_deadline_is_missing()
    {
        var tally = new ExperimentTally();
        var config = new ExperimentConfiguration { Labels = new LabelTiming { Maturity = TimeSpan.FromHours(1), Deadline = TimeSpan.FromHours(2) } };
        tally.Add(Prediction("1", PredictionVariant.Control, "a", 10));
        tally.Add(Prediction("2", PredictionVariant.Control, "b", 10));
        tally.Add(Outcome("1", 12) with { ReceivedAt = Start.AddHours(1.5) });
        tally.Add(Outcome("2", 12) with { ReceivedAt = Start.AddHours(2) });

        var arm = tally.Look(Request(config, Start.AddHours(3))).Control;

        Assert.Equal((1, 1, 1), (arm.Labelled, arm.Missing, arm.Outcomes.Count));
    }

    [Fact]
    public void Of_several_revisions_the_newest_counts_once_whenever_it_comes()
    {
        var config = new ExperimentConfiguration { Labels = new LabelTiming { Maturity = TimeSpan.Zero, Deadline = TimeSpan.FromHours(2) } };
        var random = new Random(11);
        var first = Enumerable.Range(0, 300).Select(_ => 10 + random.NextDouble()).ToArray();
        var last = first.Select((v, i) => i % 7 == 0 ? 10 + random.NextDouble() : v).ToArray();
        var (tally, expected) = (new ExperimentTally(), new ExperimentTally());
        for (var i = 0; i < first.Length; i++)
        {
            var prediction = Prediction($"{i}", i % 2 == 0 ? PredictionVariant.Control : PredictionVariant.Challenger, $"unit-{i % 40}", 10);
            tally.Add(prediction);
            expected.Add(prediction);
            expected.Add(Outcome($"{i}", last[i]));
            tally.Add(Outcome($"{i}", first[i]));
        }

        // Some before the first look, the others after it, when the value before has been counted already.
        for (var i = 0; i < first.Length; i += 14)
            tally.Add(Outcome($"{i}", last[i]) with { Revision = 3, Replaces = 0 });
        _ = tally.Look(Request(config));
        for (var i = 7; i < first.Length; i += 14)
        {
            tally.Add(Outcome($"{i}", 99) with { Revision = 1, Replaces = 0 });
            tally.Add(Outcome($"{i}", last[i]) with { Revision = 2, Replaces = 1 });
            tally.Add(Outcome($"{i}", 99) with { Revision = 1, Replaces = 0 });
            tally.Add(Outcome($"{i}", 99) with { Revision = 2, Replaces = 1, ReceivedAt = Start.AddHours(1) });
        }

        tally.Add(Outcome("1", 1e6) with { Revision = 9, ReceivedAt = Start.AddHours(2) });
        foreach (var now in new[] { Start.AddMinutes(1), Start.AddHours(5) })
        {
            var (actual, should) = (tally.Look(Request(config, now)), expected.Look(Request(config, now)));
            Assert.Equal((should.Control.Outcomes, should.Challenger.Outcomes), (actual.Control.Outcomes, actual.Challenger.Outcomes));
            Assert.Equal((should.Control.Labelled, should.Control.Missing), (actual.Control.Labelled, actual.Control.Missing));
        }
    }

    [Fact]
    public void A_revision_changes_the_difference_of_a_pair()
    {
        var config = new ExperimentConfiguration { Design = ExperimentDesign.ShadowPaired, OutcomeExogenous = true, Labels = new LabelTiming { Maturity = TimeSpan.Zero } };
        var tally = new ExperimentTally();
        foreach (var id in new[] { "1", "2" })
        {
            tally.Add(Prediction(id, PredictionVariant.Champion, "u" + id, 10));
            tally.Add(Prediction(id, PredictionVariant.Shadow, "u" + id, 12));
            tally.Add(Outcome(id, 10));
        }

        Assert.Equal(new Moments(2, 2, 0), tally.Look(Request(config)).Paired);
        tally.Add(Outcome("2", 12) with { Revision = 1, Replaces = 0 });
        Assert.Equal(new Moments(2, 0, 8), tally.Look(Request(config)).Paired);
    }

    [Fact]
    public void Older_records_with_the_units_id_and_newer_ones_with_its_hash_are_of_one_unit()
    {
        var tally = new ExperimentTally();
        var plain = Prediction("1", PredictionVariant.Control, "building-1", 10);
        tally.Add(plain);
        tally.Add(plain with { Id = "2", Unit = null, UnitHash = UnitHash.Of("building-1"), UnitType = "building" });
        Assert.Equal((1, 2), (tally.Look(Request()).Control.Units, tally.Look(Request()).Control.Requests));
    }

    [Fact]
    public void A_ratio_weighs_requests_and_not_units()
    {
        var tally = new ExperimentTally();
        foreach (var (id, unit, loss) in new[] { ("1", "a", 1.0), ("2", "a", 1.0), ("3", "a", 1.0), ("4", "b", 5.0) })
        {
            tally.Add(Prediction(id, PredictionVariant.Control, unit, 10));
            tally.Add(Outcome(id, 10 + loss));
        }

        var labels = new LabelTiming { Maturity = TimeSpan.Zero };
        Assert.Equal(new Moments(2, 3, 8), tally.Look(Request()).Control.Outcomes);
        var ratio = tally.Look(Request(new ExperimentConfiguration { Labels = labels, Primary = new PrimaryMetric { Aggregate = OutcomeAggregate.Ratio } })).Control.Outcomes;
        var (expected, variance) = DeltaMethod.Ratio(default(RatioMoments).Add(3, 3).Add(5, 1));
        Assert.Equal((2, expected, 2.0), (ratio.Count, ratio.Mean, expected));
        Assert.Equal(variance, ratio.Variance / ratio.Count, 1e-12);
    }

    [Fact]
    public void Units_are_counted_by_their_type()
    {
        var tally = new ExperimentTally();
        tally.Add(Prediction("1", PredictionVariant.Control, "building-1", 10));
        Assert.Null(tally.Look(Request()).Segments);
        tally.Add(Prediction("2", PredictionVariant.Challenger, "building-2", 10));
        tally.Add(Prediction("3", PredictionVariant.Challenger, "user:7", 10));
        tally.Add(Prediction("4", PredictionVariant.Challenger, "4711", 10));
        Assert.Equal(
            [new SegmentCounts("building", 1, 1), new SegmentCounts("other", 0, 1), new SegmentCounts("user", 0, 1)], tally.Look(Request()).Segments!);
        Assert.Null(tally.Look(Request(new ExperimentConfiguration { UnitKey = "prediction" })).Segments);
    }

    [Fact]
    public void Mode_ctcde_takes_labels_as_they_come_and_knows_mean_latency_and_errors()
    {
        foreach (var mode in new[] { ExperimentMode.Ctcde, ExperimentMode.Sequential })
        {
            var tally = new ExperimentTally();
            tally.Add(Prediction("1", PredictionVariant.Challenger, "1", 10) with { LatencyMs = 3 });
            tally.Add(Prediction("2", PredictionVariant.Challenger, "2", 10) with { LatencyMs = 5 });
            tally.Add(Prediction("3", PredictionVariant.Challenger, "3", 10) with { Status = "error" });
            tally.Add(Outcome("1", 12));
            var arm = tally.Look(Request(new ExperimentConfiguration { Mode = mode })).Challenger;
            (long, long?, double?) expected = mode == ExperimentMode.Ctcde ? (1, 1, 4) : (0, null, null);
            Assert.Equal(expected, (arm.Outcomes.Count, arm.Errors, arm.MeanLatencyMs));
        }
    }

    private static LookRequest Request(ExperimentConfiguration? config = null, DateTimeOffset? now = null)
    {
        config ??= new ExperimentConfiguration { Labels = new LabelTiming { Maturity = TimeSpan.Zero } };
        var state = ExperimentState.Start(config, "m-v2", Start);
        return new LookRequest("m-v2", "m", state, config, null, false, null, null, now ?? Start.AddSeconds(30));
    }

    private static PredictionRecord Prediction(string id, PredictionVariant variant, string unit, double predicted) => new()
    {
        Id = id, At = Start, Model = "m", Version = "1", Digest = "sha256:0", Experiment = "m-v2", Variant = variant, Unit = unit, LatencyMs = 1,
        Predicted = [predicted],
    };

    private static OutcomeRecord Outcome(string id, double actual) => new()
    {
        PredictionId = id, PredictedAt = Start, ObservedAt = Start, ReceivedAt = Start, Model = "m", Version = "1", Experiment = "m-v2",
        Actual = new JsonArray(actual),
    };
}
