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
        tally.Add(Outcome("2", 15) with { PredictedAt = Start.AddHours(2) });
        var state = new ExperimentState { ExperimentId = "m-v2", Phase = ExperimentPhase.Watching, PromotedAt = Start.AddHours(1) };

        var look = tally.Look(Request(null, Start.AddDays(3)) with { State = state });

        Assert.Equal(1, look.Control.Requests);
        Assert.Equal(new Moments(1, 5, 0), look.Control.Outcomes);
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
