using Iml4e.Assessment.Pipelines;
using Iml4e.Assessment.Triggers;
using Iml4e.Catalog;
using Iml4e.Functions.Retraining;

namespace Iml4e.Tests.Unit.Functions;

/// <summary>Triggers in virtual time (specification of the adaptive pipeline, section 4, and bar 9 of section 16).</summary>
public sealed class TriggerRulesTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);
    private static readonly TriggerDocument Empty = new() { Pipeline = "hq" };

    private static WatchedSignal Drift(int up = 1, int down = 1, int perDay = 2) => new(
        MonitoringSignals.DriftShare, 100, new HysteresisConfiguration { ConsecutiveHigh = up, ConsecutiveLow = down, MaxPerDay = perDay });

    [Fact]
    public void A_thousand_alerts_in_an_hour_make_one_retraining_and_all_of_them_are_told()
    {
        var (signal, d) = (Drift(), Empty);
        var firings = new List<RetrainRequest>();
        for (var i = 0; i < 2000; i++)
        {
            // High and low by turns: each high score alone would trigger.
            d = TriggerRules.Read(d, signal, new SignalReading("1", [new SignalScore(i + 1, i % 2 == 0 ? 0.9 : 0.1, "seen")]), Start.AddSeconds(1.8 * i));
            firings.AddRange(d.Outbox);
            d = d with { Outbox = [] };
        }

        Assert.Equal(1000, firings.Count);
        Assert.Null(firings[0].Suppressed);
        Assert.Equal(999, firings.Count(f => f.Suppressed == "cooldown"));
        Assert.Equal(1000, firings.Select(f => f.TriggerId).Distinct().Count());
    }

    [Fact]
    public void The_daily_cap_suppresses_as_well()
    {
        var signal = Drift() with { Limits = new HysteresisConfiguration { ConsecutiveHigh = 1, ConsecutiveLow = 1, MaxPerDay = 2, Cooldown = TimeSpan.Zero } };
        var d = Empty;
        for (var i = 0; i < 8; i++)
            d = TriggerRules.Read(d, signal, new SignalReading("1", [new SignalScore(i + 1, i % 2 == 0 ? 0.9 : 0.1, "seen")]), Start.AddHours(i));
        Assert.Equal([null, null, "dailyCap", "dailyCap"], d.Outbox.Select(r => r.Suppressed));
    }

    [Fact]
    public void Failing_retrainings_back_off_by_days_up_to_the_cap()
    {
        var (signal, d, days, last, mark) = (Drift(perDay: 1000), Empty, new List<double>(), (DateTimeOffset?)null, 0L);
        for (var now = Start; days.Count < 7; now = now.AddHours(1))
        {
            foreach (var score in new[] { 0.9, 0.1 })
            {
                d = TriggerRules.Read(d, signal, new SignalReading("1", [new SignalScore(++mark, score, "seen")]), now);
                if (d.Outbox.FirstOrDefault(r => r.Suppressed is null) is { } fired)
                {
                    if (last is { } before)
                        days.Add((now - before).TotalDays);
                    last = now;
                    d = TriggerRules.Started(d, [fired]);
                    d = TriggerRules.Ended(d, days.Count % 2 == 0 ? "OfflineRejected" : "RolledBack", fired.TriggerId);
                }

                d = d with { Outbox = [] };
            }
        }

        Assert.Equal([2, 4, 8, 14, 14, 14, 14], days);
        d = TriggerRules.Ended(d, "Promoted", "another");
        Assert.Equal((false, 0), (d.Signals[MonitoringSignals.DriftShare].Trigger.Latched, d.Signals[MonitoringSignals.DriftShare].Trigger.Failures));
    }

    [Fact]
    public void A_failure_counts_for_the_signals_that_caused_it_alone()
    {
        var d = TriggerRules.Read(Empty, Drift(), new SignalReading("1", [new SignalScore(1, 0.9, "seen")]), Start);
        var drift = d.Outbox[0];
        d = TriggerRules.Fire(d, Manual("m"));
        d = TriggerRules.Started(d, d.Outbox);
        Assert.Equal(("manual:m", 1), (d.Running!.TriggerId, d.Running.Coalesced));
        Assert.Equal([drift.Evidence], d.Running.Evidence);
        var failed = TriggerRules.Ended(d, "Failed", "manual:m");
        Assert.Equal(1, failed.Signals[MonitoringSignals.DriftShare].Trigger.Failures);
        Assert.Null(failed.Running);
        Assert.Same(failed, TriggerRules.Ended(failed, "Failed", "manual:m"));
        Assert.Equal(0, TriggerRules.Ended(d, "Failed", "schedule:x").Signals[MonitoringSignals.DriftShare].Trigger.Failures);
    }

    [Fact]
    public void A_signal_that_was_only_merged_into_a_retraining_is_armed_again_by_its_end()
    {
        var d = TriggerRules.Started(TriggerRules.Fire(Empty, Manual("m")), [Manual("m")]);
        d = TriggerRules.Read(d, Drift(), new SignalReading("1", [new SignalScore(1, 0.9, "seen")]), Start);
        d = TriggerRules.Joined(d, Manual("m"), d.Outbox);
        Assert.Equal((1, 0), (d.Running!.Coalesced, d.Outbox.Count));
        Assert.True(d.Signals[MonitoringSignals.DriftShare].Trigger.Latched);
        d = TriggerRules.Ended(d, "KeptChampion", "manual:m");
        Assert.Equal((false, 0), (d.Signals[MonitoringSignals.DriftShare].Trigger.Latched, d.Signals[MonitoringSignals.DriftShare].Trigger.Failures));
    }

    [Fact]
    public void What_comes_after_the_end_is_not_merged_into_what_has_ended()
    {
        var d = TriggerRules.Ended(TriggerRules.Started(TriggerRules.Fire(Empty, Manual("m")), [Manual("m")]), "Promoted", "manual:m");
        d = TriggerRules.Fire(d, Manual("n"));
        Assert.Same(d, TriggerRules.Joined(d, Manual("m"), [Manual("n")]));
        Assert.Single(d.Outbox);
    }

    [Fact]
    public void Data_that_come_during_a_retraining_wait_for_its_end()
    {
        var request = Manual("d") with { Reason = RetrainTrigger.Data, DatasetVersion = "7" };
        var d = TriggerRules.Joined(TriggerRules.Fire(Empty, request), Manual("m"), [request]);
        Assert.Equal("7", d.PendingDatasetVersion);
        d = TriggerRules.Trained(d, "7");
        Assert.Equal((null, "7"), (d.PendingDatasetVersion, d.TrainedDatasetVersion));
    }

    [Fact]
    public void Each_event_starts_the_debounce_anew_and_is_noted_with_tag_and_rows()
    {
        var d = TriggerRules.Arrived(Empty, Version("1", "sha256:aa", 10), Start);
        d = TriggerRules.Arrived(d, Version("2", "sha256:bb", 20), Start.AddMinutes(9));
        Assert.Equal(("2", Start.AddMinutes(9), "sha256:bb", 20L), (d.PendingDatasetVersion, d.PendingSince!.Value, d.PendingTag, d.PendingRows!.Value));
        Assert.Same(d, TriggerRules.Arrived(d, Version("2", "sha256:bb", 20), Start.AddMinutes(12)));
    }

    [Fact]
    public void A_new_champion_is_watched_anew()
    {
        var d = TriggerRules.Read(Empty, Drift(), new SignalReading("1", [new SignalScore(100, 0.9, "seen")]), Start);
        d = TriggerRules.Read(d, Drift(), new SignalReading("2", [new SignalScore(50, 0.2, "seen")]), Start.AddHours(1));
        var state = d.Signals[MonitoringSignals.DriftShare];
        Assert.Equal(("2", 50L, false), (state.Version, state.Scored, state.Trigger.Latched));
    }

    [Fact]
    public void A_score_that_is_not_there_changes_no_counter()
    {
        var d = TriggerRules.Read(
            Empty, Drift(up: 2), new SignalReading("1", [new SignalScore(1, 0.9, ""), new SignalScore(2, null, ""), new SignalScore(3, 0.9, "")]), Start);
        Assert.Single(d.Outbox);
        Assert.Equal(1, d.Signals[MonitoringSignals.DriftShare].Trigger.NoData);
    }

    private static RetrainRequest Manual(string key) => new()
    {
        Pipeline = "hq", Reason = RetrainTrigger.Manual, TriggerId = "manual:" + key, Evidence = "asked", At = Start,
    };

    private static DatasetVersion Version(string version, string digest, long rows) => new()
    {
        Dataset = "hq", Version = version, Key = version, Parts = [new DatasetPart(digest, "a.csv", 1, "text/csv", rows)],
    };
}
