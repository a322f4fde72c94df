using System.Globalization;
using Iml4e.Assessment.Pipelines;
using Iml4e.Assessment.Triggers;
using Iml4e.Catalog;

namespace Iml4e.Functions.Retraining;

/// <summary>How a pipeline's triggers change: pure functions of the document and of what happened (specification of the adaptive pipeline, section 4).</summary>
internal static class TriggerRules
{
    /// <summary>Firings that may wait.</summary>
    public const int MostWaiting = 2000;

    /// <summary>Time has come to <paramref name="now"/>.</summary>
    public static TriggerDocument Tick(TriggerDocument d, string? wanted, DateTimeOffset now)
    {
        if (wanted is null || PipelineValidator.Schedule.TryParse(wanted) is not { } schedule)
            return d.Schedule is null ? d : d with { Schedule = null, ScheduleNext = null };
        if (d.Schedule != wanted || d.ScheduleNext is not { } due)
            return d with { Schedule = wanted, ScheduleNext = PipelineValidator.Schedule.Next(schedule, now) };
        if (now < due)
            return d;
        var request = new RetrainRequest
        {
            Pipeline = d.Pipeline,
            Reason = RetrainTrigger.Schedule,
            TriggerId = "schedule:" + due.ToString("O", CultureInfo.InvariantCulture),
            Evidence = $"schedule {wanted} was due at {due:u}",
            At = now,
        };
        return Fire(d with { ScheduleNext = PipelineValidator.Schedule.Next(schedule, now) }, request);
    }

    /// <summary>A signal was read.</summary>
    public static TriggerDocument Read(TriggerDocument d, WatchedSignal signal, SignalReading reading, DateTimeOffset now)
    {
        var state = d.Signals.GetValueOrDefault(signal.Signal) ?? new SignalState();
        if (state.Version != reading.Version)
            state = new SignalState { Version = reading.Version, Trigger = HysteresisTrigger.Promoted(state.Trigger) };
        // Outcomes are numbered from the first that the log has: once its oldest days are deleted, the numbers of a new process are smaller.
        if (signal.Signal != MonitoringSignals.DriftShare && reading.Scores is [.., var newest] && newest.Mark + signal.Window < state.Scored)
            state = state with { Scored = newest.Mark };
        foreach (var score in reading.Scores)
        {
            if (score.Mark <= state.Scored)
                continue;
            var (trigger, outcome) = HysteresisTrigger.Score(signal.Limits, state.Trigger, score.Value, now);
            state = state with { Trigger = trigger, Scored = score.Mark, Score = score.Value, Evidence = score.Evidence };
            var suppressed = outcome switch { TriggerOutcome.SuppressedByCooldown => "cooldown", TriggerOutcome.SuppressedByDailyCap => "dailyCap", _ => null };
            if (suppressed is null && outcome != TriggerOutcome.Triggered)
                continue;
            var request = new RetrainRequest
            {
                Pipeline = d.Pipeline,
                Reason = signal.Signal == MonitoringSignals.DriftShare ? RetrainTrigger.Drift : RetrainTrigger.Performance,
                TriggerId = string.Create(CultureInfo.InvariantCulture, $"{signal.Signal}:{reading.Version}:{score.Mark}"),
                Evidence = string.Create(CultureInfo.InvariantCulture, $"{signal.Signal} {score.Value:G4} of version {reading.Version}, limit {signal.Limits.High:G4}: {score.Evidence}"),
                At = now,
                Suppressed = suppressed,
            };
            d = Fire(d, request);
            if (suppressed is null)
                state = state with { LastTrigger = request.TriggerId };
        }

        return d.With(signal.Signal, state);
    }

    /// <summary>A data set version came; each one starts the debounce anew.</summary>
    public static TriggerDocument Arrived(TriggerDocument d, DatasetVersion version, DateTimeOffset now) =>
        d.TrainedDatasetVersion == version.Version || d.PendingDatasetVersion == version.Version
            ? d
            : d with
            {
                PendingDatasetVersion = version.Version, PendingSince = now, PendingTag = version.Parts[^1].Digest, PendingRows = version.Parts[^1].Rows,
            };

    /// <summary>A training saw a data set version, so that only newer rows count as new.</summary>
    public static TriggerDocument Trained(TriggerDocument d, string version) =>
        d.PendingDatasetVersion == version
            ? d with { TrainedDatasetVersion = version, PendingDatasetVersion = null, PendingSince = null, PendingTag = null, PendingRows = null }
            : d with { TrainedDatasetVersion = version };

    /// <summary>Puts a firing among those that wait; the same one waits once.</summary>
    public static TriggerDocument Fire(TriggerDocument d, RetrainRequest request) =>
        d.Outbox.Any(r => r.TriggerId == request.TriggerId) ? d : d with { Outbox = [.. d.Outbox.TakeLast(MostWaiting - 1), request] };

    /// <summary>A retraining was started by the last of the firings and answers all of them.</summary>
    public static TriggerDocument Started(TriggerDocument d, IReadOnlyList<RetrainRequest> answered)
    {
        var chosen = answered[^1];
        d = Without(d, answered);
        // It may have ended by now.
        if (d.LastEnded == chosen.TriggerId || d.Running?.TriggerId == chosen.TriggerId)
            return d;
        return d with
        {
            Running = new RunningRetraining
            {
                TriggerId = chosen.TriggerId,
                RunId = chosen.RunId,
                Causes = [.. answered.Select(r => r.TriggerId)],
                Coalesced = answered.Count - 1,
                Evidence = [.. answered.SkipLast(1).Select(r => r.Evidence).TakeLast(RunningRetraining.MostEvidence)],
            },
        };
    }

    /// <summary>Firings came while a retraining runs: they are merged into it, and none follows. New data wait for its end, because it does not see them.</summary>
    public static TriggerDocument Joined(TriggerDocument d, RetrainRequest running, IReadOnlyList<RetrainRequest> requests)
    {
        if (d.LastEnded == running.TriggerId)
            return d;
        var known = requests.Where(r => d.Outbox.Any(o => o.TriggerId == r.TriggerId)).ToList();
        d = Without(d, known);
        var into = d.Running?.TriggerId == running.TriggerId
            ? d.Running
            : new RunningRetraining { TriggerId = running.TriggerId, RunId = running.RunId, Causes = [running.TriggerId] };
        if (known.LastOrDefault(r => r.Reason == RetrainTrigger.Data && r.DatasetVersion is not null) is { } data && d.PendingDatasetVersion is null)
            d = d with { PendingDatasetVersion = data.DatasetVersion, PendingSince = data.At };
        return d with { Running = into.With(known) };
    }

    /// <summary>
    /// A retraining ended. A promotion arms every signal and forgives its failures; a failure lengthens the cool-down of the signals that caused it. A signal that
    /// was only merged into it has had no retraining of its own: it is armed again.
    /// </summary>
    public static TriggerDocument Ended(TriggerDocument d, string result, string triggerId)
    {
        if (d.LastEnded == triggerId)
            return d;
        var running = d.Running?.TriggerId == triggerId ? d.Running : null;
        var causes = running?.Causes ?? [triggerId];
        var signals = d.Signals.ToDictionary(s => s.Key, s => s.Value with { Trigger = After(s.Value) });
        return d with { LastEnded = triggerId, Running = running is null ? d.Running : null, Signals = signals };

        HysteresisState After(SignalState signal)
        {
            if (result == "Promoted")
                return HysteresisTrigger.Promoted(signal.Trigger);
            if (signal.LastTrigger is not { } last)
                return signal.Trigger;
            if (causes.Contains(last))
                return result is "OfflineRejected" or "RolledBack" or "Failed" ? HysteresisTrigger.RetrainingFailed(signal.Trigger) : signal.Trigger;
            return running?.Joined.Contains(last) == true ? signal.Trigger with { Latched = false, Up = 0, Down = 0 } : signal.Trigger;
        }
    }

    /// <summary>The document without these firings.</summary>
    public static TriggerDocument Without(TriggerDocument d, IReadOnlyList<RetrainRequest> requests)
    {
        var handled = requests.Select(r => r.TriggerId).ToHashSet(StringComparer.Ordinal);
        return d with { Outbox = [.. d.Outbox.Where(r => !handled.Contains(r.TriggerId))] };
    }
}
