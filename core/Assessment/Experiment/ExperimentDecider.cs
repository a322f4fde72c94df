using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Experiment.Ctcde;

namespace Iml4e.Assessment.Experiment;

/// <summary>
/// The state machine of a champion/challenger experiment: a pure function from configuration, state and look to the next state, the routing wanted and
/// the events to audit. It has no clock and no randomness; the same inputs give the same step, bit for bit.
/// </summary>
/// <remarks>
/// Every look checks in this order, and the first that applies wins: circuit breaker and abort; sample ratio and label imbalance; guardrails; harm;
/// superiority or non-inferiority; futility; time or units used up; the next stage. Insufficient data rule out harm, superiority and futility, but
/// neither the end of time nor the next stage, or an experiment whose labels never come would last for ever. In mode groupSequential the outcomes are
/// sufficient at the looks of the plan alone; everything else is checked at every look. Mode ctcde has none of this: there are an abort, an evaluator that
/// fails, and the iterations of <see cref="CtcdeDecider"/>.
/// </remarks>
public static class ExperimentDecider
{
    /// <summary>No decision below this many units an arm, whatever is configured: the confidence sequence is asymptotic.</summary>
    public const int LeastUnitsPerArm = 100;

    /// <summary>How long outcomes may be unreadable before the champion gets everything back.</summary>
    public static readonly TimeSpan EvaluatorPatience = TimeSpan.FromMinutes(30);

    /// <summary>Takes one look.</summary>
    /// <param name="config">The frozen, valid configuration.</param>
    /// <param name="state">The state after the look before, or <see cref="ExperimentState.Start"/>.</param>
    /// <param name="look">What is known now.</param>
    /// <returns>The step; for a final state, that state again without events.</returns>
    public static ExperimentStep Decide(ExperimentConfiguration config, ExperimentState state, ExperimentLook look)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(look);
        if (state.IsFinal)
            return new ExperimentStep(state, Routing(config, state), [], new ExperimentEvidence { MinimumP = state.MinimumP });
        return new Turn(config, state, look).Take();
    }

    /// <summary>The routing that a state wants.</summary>
    public static ExperimentRouting Routing(ExperimentConfiguration config, ExperimentState state)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(state);
        var phase = state.Phase == ExperimentPhase.AwaitingApproval ? state.WaitingFrom ?? ExperimentPhase.Draft : state.Phase;
        if (config.Mode == ExperimentMode.Ctcde && phase is ExperimentPhase.Ramping)
            return new ExperimentRouting((state.Ctcde?.ChallengerWeight ?? 0) / 100.0, 0, false, false) { Weighted = true };
        return phase switch
        {
            ExperimentPhase.Shadow => new ExperimentRouting(0, 0, true, false),
            ExperimentPhase.Ramping or ExperimentPhase.Holding => new ExperimentRouting(config.Stages[state.Stage], 0, false, false),
            ExperimentPhase.Promoting or ExperimentPhase.Watching => new ExperimentRouting(1, config.Mode == ExperimentMode.Ctcde ? 0 : config.Holdback, false, true),
            ExperimentPhase.Promoted => new ExperimentRouting(1, 0, false, true),
            _ => ExperimentRouting.ChampionOnly,
        };
    }

    /// <summary>Judges the shadow smoke phase by its counts alone.</summary>
    /// <param name="options">Its limits.</param>
    /// <param name="counts">What it has seen.</param>
    /// <param name="elapsed">Time since it began.</param>
    /// <returns>True when passed, false when failed (with the reason), null when more requests are wanted.</returns>
    public static (bool? Passed, string? Reason) JudgeSmoke(SmokeOptions options, SmokeCounts? counts, TimeSpan elapsed)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!options.Enabled)
            return (true, null);
        if (counts is null || counts.Requests == 0)
            return (null, null);
        if (counts.NonFinite > 0)
            return (false, $"{counts.NonFinite} answers with NaN or an infinity");
        if (counts.SchemaMismatches > 0)
            return (false, $"{counts.SchemaMismatches} answers whose outputs differ from the champion's");
        if (counts.Requests < options.MinRequests && elapsed < options.MaxDuration)
            return (null, null);
        if (counts.Errors > options.MaxErrorRate * counts.Requests)
            return (false, FormattableString.Invariant($"{counts.Errors} of {counts.Requests} requests failed, more than {options.MaxErrorRate:P1}"));
        if (counts is { ChallengerP95Ms: { } challenger, ChampionP95Ms: { } champion }
            && challenger > options.LatencyFloorMs && challenger > options.MaxLatencyRatio * champion)
        {
            return (false, FormattableString.Invariant(
                $"p95 latency {challenger:0.##} ms is more than {options.MaxLatencyRatio:0.##} times the champion's {champion:0.##} ms"));
        }
        return (true, null);
    }

    private sealed class Turn(ExperimentConfiguration config, ExperimentState before, ExperimentLook look)
    {
        private readonly List<ExperimentEvent> _events = [];
        private ExperimentState _state = before with { Looks = before.Looks + 1, LastLookAt = look.Now };
        private ExperimentEvidence _evidence = new() { MinimumP = before.MinimumP };
        private ConfidenceEstimate _estimate;

        private bool Exposed => _state.Stage >= 0 || _state.Phase is ExperimentPhase.Promoting or ExperimentPhase.Watching;

        private bool Dwelt => look.Now - (_state.Stage >= 0 ? _state.StageEnteredAt : _state.PhaseEnteredAt) >= config.StageMinDwell;

        private bool Late => look.Now - _state.StartedAt >= config.MaxDuration;

        private bool Full => config.MaxUnitsPerArm <= (_state.Design == ExperimentDesign.ShadowPaired && _state.Stage < 0
            ? look.Paired?.Count ?? 0
            : Math.Max(look.Control.Units, look.Challenger.Units));

        public ExperimentStep Take()
        {
            if (look.EvaluationFailingSince is null)
            {
                if (config.Mode == ExperimentMode.Ctcde)
                    Read();
                else
                    Weigh();
                _state = _state with { MinimumP = _evidence.MinimumP, RampHeld = false };
            }
            Move();
            var looked = Event("Look", new JsonObject
            {
                ["look"] = JsonSerializer.SerializeToNode(look, ExperimentJson.Options),
                ["evidence"] = JsonSerializer.SerializeToNode(_evidence, ExperimentJson.Options),
                ["phase"] = JsonSerializer.SerializeToNode(_state.Phase, ExperimentJson.Options),
                ["stage"] = _state.Stage,
                ["stateHash"] = ExperimentJson.Hash(_state),
            });
            // The look is the evidence for whatever followed from it, so it stands before that in the log.
            _events.Insert(before.Phase == ExperimentPhase.Draft && _events is [{ Name: "ExperimentStarted" }, ..] ? 1 : 0, looked);
            return new ExperimentStep(_state, Routing(config, _state), _events, _evidence);
        }

        private void Move()
        {
            if (Interrupted())
                return;
            if (_state.Phase == ExperimentPhase.Draft)
            {
                Log("ExperimentStarted", new JsonObject
                {
                    ["configuration"] = JsonSerializer.SerializeToNode(config, ExperimentJson.Options),
                    ["configurationHash"] = ExperimentJson.Hash(config),
                    ["start"] = JsonSerializer.SerializeToNode(before, ExperimentJson.Options),
                });
                if (config.Approval == ApprovalRule.BeforeRamp && !_state.RampApproved)
                    Await("ramp", null);
                else
                    EnterShadow();
            }
            else if (_state.Phase == ExperimentPhase.AwaitingApproval && _state.WaitingFrom is null)
                AwaitRamp();
            else if (look.EvaluationFailingSince is { } since)
            {
                if (!_state.RampHeld && look.Now - since >= 3 * config.LookInterval && _state.Phase is ExperimentPhase.Ramping)
                {
                    _state = _state with { RampHeld = true };
                    Log("RampHeld", new JsonObject { ["reason"] = "EvaluatorUnavailable", ["since"] = Text(since) });
                }
            }
            else if (_state.Phase == ExperimentPhase.Watching)
                Watch();
            else if (_state.Phase == ExperimentPhase.Promoting)
                Promote();
            else if (config.Mode == ExperimentMode.Ctcde)
                MoveAsCtcde();
            else
                MoveBySequence();
        }

        // Step 1: what needs no statistics.
        private bool Interrupted()
        {
            if (look.AbortedBy is { } who)
                return Finish(ExperimentPhase.Aborted, "Aborted", "Aborted", new JsonObject { ["by"] = who });
            if (look.RolledBackBy is { } by)
                return RollBack("ByHand", new JsonObject { ["by"] = by });
            if (look.PromotionUndone && _state.Phase is ExperimentPhase.Promoting or ExperimentPhase.Watching)
                return RollBack("ByHand", new JsonObject { ["during"] = _state.Phase == ExperimentPhase.Watching ? "watch" : "promotion" });
            if (config.Mode != ExperimentMode.Ctcde && Exposed && look.Circuit is { } circuit
                && (circuit.Tripped
                    || (circuit.Requests >= config.CircuitBreaker.MinRequests && circuit.Errors >= config.CircuitBreaker.ErrorRate * circuit.Requests)))
            {
                return RollBack("CircuitBreaker", new JsonObject { ["requests"] = circuit.Requests, ["errors"] = circuit.Errors });
            }
            if (Exposed && look.EvaluationFailingSince is { } since && look.Now - since >= EvaluatorPatience)
                return RollBack("EvaluatorUnavailable", new JsonObject { ["since"] = Text(since) });
            return false;
        }

        private void MoveBySequence()
        {
            if (Invalidated() || Guarded())
                return;
            if (_state.Phase == ExperimentPhase.Shadow && Smoked())
                return;
            var canary = _state.Design == ExperimentDesign.ShadowPaired && _state.Stage >= 0;
            if (!canary && _evidence.Sufficient && _estimate.High < 0)
            {
                RollBack("Harm", new JsonObject());
                return;
            }
            if (_state.Phase == ExperimentPhase.AwaitingApproval)
            {
                AwaitPromotion();
                return;
            }
            if (_state.Phase == ExperimentPhase.Shadow && !_state.SmokePassed)
            {
                TimedOut("Inconclusive");
                return;
            }
            if (!canary && _state.Verdict is null && (Decided() || Futile()))
                return;
            if (!TimedOut("Inconclusive"))
                Advance();
        }

        // Step 2.
        private bool Invalidated()
        {
            if (_evidence.SampleRatioLogE >= -Math.Log(config.Srm.AlphaSequential))
                return Invalidate("Srm", Mismatch("logE", _evidence.SampleRatioLogE));
            if (_evidence.LabelImbalanceP < LabelMissingness.Limit)
                return Invalidate("LabelImbalance", new JsonObject { ["p"] = _evidence.LabelImbalanceP });
            return false;
        }

        // Step 3.
        private bool Guarded()
        {
            foreach (var guardrail in _evidence.Guardrails)
            {
                if (!guardrail.Fired)
                    continue;
                Log("GuardrailFired", (JsonObject)JsonSerializer.SerializeToNode(guardrail, ExperimentJson.Options)!);
                return RollBack("Guardrail:" + guardrail.Name, new JsonObject());
            }
            return false;
        }

        private bool Smoked()
        {
            if (_state.SmokePassed)
                return false;
            var (passed, reason) = JudgeSmoke(config.Smoke, look.Smoke, look.Now - _state.PhaseEnteredAt);
            if (passed == false)
                return RollBack("SmokeFailed", new JsonObject { ["detail"] = reason });
            if (passed is null)
                return false;
            _state = _state with { SmokePassed = true };
            Log("SmokePassed", look.Smoke is null ? new JsonObject() : (JsonObject)JsonSerializer.SerializeToNode(look.Smoke, ExperimentJson.Options)!);
            if (_state.Design == ExperimentDesign.ShadowPaired)
                return false;
            EnterStage(0);
            return true;
        }

        // Step 6.
        private bool Decided()
        {
            if (!_evidence.Sufficient)
                return false;
            var verdict = config.Decision == DecisionRule.Superior
                ? _estimate.Low > 0 ? "superior" : null
                : _estimate.OneSidedLow > -config.NonInferiorityMargin ? "nonInferior" : null;
            if (verdict is null)
                return false;
            if (!Dwelt)
                return false;
            return Win(verdict);
        }

        private bool Win(string verdict)
        {
            if (FailsFixedRatio())
                return true;
            _state = _state with { Verdict = verdict, DecidedAt = look.Now };
            Log("DecisionMade", new JsonObject
            {
                ["verdict"] = verdict, ["delta"] = _evidence.Delta, ["low"] = _evidence.Low, ["high"] = _evidence.High, ["p"] = _evidence.MinimumP,
                ["statisticallyControlled"] = _evidence.StatisticallyControlled,
            });
            if (_state.Design == ExperimentDesign.ShadowPaired && config.CanaryRamp && _state.Stage < 0)
                EnterStage(0);
            else
                ApproveOrPromote();
            return true;
        }

        // The fixed test is used once, when the experiment is decided or runs out: asking again at later looks until it passes would be peeking, so that
        // its failure ends the experiment.
        private bool FailsFixedRatio() => _evidence.SampleRatioP < config.Srm.AlphaFixed && Invalidate("Srm", Mismatch("p", _evidence.SampleRatioP));

        private JsonObject Mismatch(string name, double? value) => new()
        {
            [name] = value, ["control"] = look.Control.Units, ["challenger"] = look.Challenger.Units,
            ["likelyCauses"] = new JsonArray([.. SampleRatioCauses.Of(look).Select(cause => (JsonNode)cause)]),
        };

        private void ApproveOrPromote()
        {
            if (config.Approval == ApprovalRule.BeforePromotion && !_state.PromotionApproved)
                Await("promotion", _state.Phase);
            else
                Enter(ExperimentPhase.Promoting);
        }

        // Step 7.
        private bool Futile() =>
            config.FutilityEffect is { } least && _evidence.Sufficient && _estimate.High < least
            && Finish(ExperimentPhase.KeptChampion, "Futile", "KeptChampion", new JsonObject());

        // Step 8.
        private bool TimedOut(string reason)
        {
            if (config.Mode == ExperimentMode.Ctcde)
                return Late && Finish(ExperimentPhase.KeptChampion, reason, "KeptChampion", new JsonObject());
            var canary = _state.Design == ExperimentDesign.ShadowPaired && _state.Stage >= 0;
            var planDone = _state.Verdict is null && _state.PlannedLooks is [.., { Last: true }];
            if (!Late && !planDone && (canary || !Full))
                return false;
            if (_state.Phase == ExperimentPhase.AwaitingApproval && !Late)
                return false;
            if (FailsFixedRatio())
                return true;
            if (config.OnTimeout == TimeoutRule.PromoteIfNonInferior && _state.Verdict is null && _evidence.Sufficient
                && _estimate.OneSidedLow > -config.NonInferiorityMargin)
            {
                return Win("nonInferior");
            }
            return Finish(ExperimentPhase.KeptChampion, reason, "KeptChampion", new JsonObject
            {
                ["cause"] = Late ? "maxDuration" : planDone ? "lastPlannedLook" : "maxUnitsPerArm",
            });
        }

        // Step 9.
        private void Advance()
        {
            if (_state.Phase is not (ExperimentPhase.Ramping or ExperimentPhase.Holding))
                return;
            var units = Math.Min(look.Control.Units - _state.StageControlUnits, look.Challenger.Units - _state.StageChallengerUnits);
            if (look.Now - _state.StageEnteredAt < config.StageMinDwell || units < config.StageMinUnitsPerArm)
                return;
            if (_state.Stage + 1 < config.Stages.Count)
                EnterStage(_state.Stage + 1);
            else if (_state.Design == ExperimentDesign.ShadowPaired)
                ApproveOrPromote();
            else if (_state.Phase == ExperimentPhase.Ramping)
                Enter(ExperimentPhase.Holding);
        }

        // The challenger gets no evidence but its point estimate, of whatever labels there are by now.
        private void Read()
        {
            var delta = look.Challenger.Outcomes.Mean - look.Control.Outcomes.Mean;
            var both = look.Control.Outcomes.Count > 0 && look.Challenger.Outcomes.Count > 0;
            _evidence = new ExperimentEvidence
            {
                Missing = CtcdeDecider.Warning,
                Count = look.Control.Outcomes.Count + look.Challenger.Outcomes.Count,
                Delta = both ? config.Primary.Direction == OutcomeDirection.Lower ? -delta : delta : null,
                MinimumP = before.MinimumP,
                StatisticallyControlled = false,
            };
        }

        private void MoveAsCtcde()
        {
            if (_state.Phase == ExperimentPhase.AwaitingApproval)
            {
                AwaitPromotion();
                return;
            }

            // A look that somebody asked for comes between the iterations, of which there are so many as time has passed.
            var options = config.EffectiveCtcde;
            var iteration = _state.Ctcde ?? new CtcdeState();
            if (look.Now - _state.StageEnteredAt < options.Interval * iteration.Iteration)
                return;
            var weight = iteration.ChallengerWeight;
            iteration = CtcdeDecider.Decide(options, iteration, Reading(look.Control), Reading(look.Challenger));
            // Who still has to agree must not find that it has happened.
            _state = _state with { Ctcde = iteration.Ended && config.Approval == ApprovalRule.BeforePromotion ? iteration with { ChallengerWeight = weight } : iteration };
            if (!iteration.Ended)
            {
                Log("WeightsMoved", new JsonObject { ["iteration"] = iteration.Iteration, ["challengerWeight"] = iteration.ChallengerWeight });
                return;
            }

            if (iteration.RolledBackBy is { } objective)
                RollBack("Objective:" + objective, new JsonObject());
            else if (iteration.Verdict == CtcdeVerdict.Challenger)
            {
                _state = _state with { Verdict = "pointEstimate", DecidedAt = look.Now };
                Log("DecisionMade", new JsonObject { ["verdict"] = "pointEstimate", ["delta"] = _evidence.Delta });
                ApproveOrPromote();
            }
            else
                Finish(ExperimentPhase.KeptChampion, iteration.Verdict == CtcdeVerdict.Champion ? "PointEstimate" : "Inconclusive", "KeptChampion", new JsonObject());
        }

        private CtcdeReading Reading(ArmCounts arm)
        {
            var metrics = new SortedDictionary<string, double?>(StringComparer.Ordinal)
            {
                ["errorRate"] = arm is { Requests: > 0, Errors: { } errors } ? (double)errors / arm.Requests : null,
                ["latencyMs"] = arm.MeanLatencyMs,
            };
            foreach (var guardrail in config.Guardrails)
                metrics.TryAdd(guardrail.Name, arm.Requests == 0 ? null : (double)arm.Events.GetValueOrDefault(guardrail.Name) / arm.Requests);
            return new CtcdeReading { Reward = arm.Outcomes.Count == 0 ? null : arm.Outcomes.Mean, Metrics = metrics };
        }

        private void Promote()
        {
            if (!look.PromotionApplied)
                return;
            _state = _state with { PromotedAt = look.Now };
            // The original did not look back.
            var watched = config.Mode != ExperimentMode.Ctcde;
            Log("PromotionApplied", new JsonObject { ["holdback"] = watched ? config.Holdback : 0 });
            if (watched)
                Enter(ExperimentPhase.Watching);
            else
                Finish(ExperimentPhase.Promoted, _state.Verdict ?? "promoted", "Promoted", new JsonObject());
        }

        private void Watch()
        {
            if (Guarded())
                return;
            if (_evidence.Sufficient && _estimate.High < 0)
            {
                RollBack("Harm", new JsonObject { ["during"] = "watch" });
                return;
            }
            if (look.Now - _state.PhaseEnteredAt < config.PostPromotionWatch)
                return;
            Log("WatchEnded", new JsonObject());
            Finish(ExperimentPhase.Promoted, _state.Verdict ?? "promoted", "Promoted", new JsonObject());
        }

        private void AwaitRamp()
        {
            if (look.ApprovedBy is { } who)
            {
                _state = _state with { RampApproved = true };
                Log("Approved", new JsonObject { ["what"] = "ramp", ["by"] = who });
                EnterShadow();
            }
            else if (look.Now - _state.StartedAt >= config.MaxDuration)
                Finish(ExperimentPhase.KeptChampion, "ApprovalTimeout", "KeptChampion", new JsonObject());
        }

        private void AwaitPromotion()
        {
            if (look.ApprovedBy is { } who)
            {
                _state = _state with { PromotionApproved = true };
                Log("Approved", new JsonObject { ["what"] = "promotion", ["by"] = who });
                Enter(ExperimentPhase.Promoting);
            }
            else
                TimedOut("ApprovalTimeout");
        }

        private void EnterShadow()
        {
            if (config.Mode == ExperimentMode.Ctcde)
            {
                _state = _state with { Stage = 0, StageEnteredAt = look.Now };
                Enter(ExperimentPhase.Ramping);
                MoveAsCtcde();
            }
            else if (_state.Design == ExperimentDesign.ShadowPaired || config.Smoke.Enabled)
                Enter(ExperimentPhase.Shadow);
            else
                EnterStage(0);
        }

        private void EnterStage(int stage)
        {
            _state = _state with
            {
                Stage = stage, StageEnteredAt = look.Now, StageControlUnits = before.Stage >= 0 ? look.Control.Units : 0,
                StageChallengerUnits = before.Stage >= 0 ? look.Challenger.Units : 0,
            };
            if (_state.Phase != ExperimentPhase.Ramping)
                Enter(ExperimentPhase.Ramping);
            Log("StageAdvanced", new JsonObject { ["stage"] = stage, ["share"] = config.Stages[stage] });
        }

        private void Enter(ExperimentPhase phase) => _state = _state with { Phase = phase, PhaseEnteredAt = look.Now, Reason = null, WaitingFrom = null };

        private void Await(string what, ExperimentPhase? from)
        {
            _state = _state with { Phase = ExperimentPhase.AwaitingApproval, PhaseEnteredAt = look.Now, Reason = what, WaitingFrom = from };
            Log("ApprovalAwaited", new JsonObject { ["what"] = what });
        }

        private bool RollBack(string reason, JsonObject fields) => Finish(ExperimentPhase.RolledBack, reason, "RolledBack", fields);

        private bool Invalidate(string reason, JsonObject fields)
        {
            // Numbers from broken logs must not be read as evidence for either side.
            _evidence = new ExperimentEvidence
            {
                Missing = "invalid: " + reason, SampleRatioLogE = _evidence.SampleRatioLogE, SampleRatioP = _evidence.SampleRatioP,
                LabelImbalanceP = _evidence.LabelImbalanceP, StatisticallyControlled = _evidence.StatisticallyControlled,
                MinimumP = before.MinimumP,
            };
            _state = _state with { MinimumP = before.MinimumP, PlannedLooks = before.PlannedLooks };
            return Finish(ExperimentPhase.Invalid, reason, "Invalid", fields);
        }

        private bool Finish(ExperimentPhase phase, string reason, string name, JsonObject fields)
        {
            _state = _state with { Phase = phase, PhaseEnteredAt = look.Now, Reason = reason, WaitingFrom = null, DecidedAt = _state.DecidedAt ?? look.Now };
            fields["reason"] = reason;
            Log(name, fields);
            return true;
        }

        private void Log(string name, JsonObject fields) => _events.Add(Event(name, fields));

        private ExperimentEvent Event(string name, JsonObject fields)
        {
            fields["experimentId"] = before.ExperimentId;
            if (config.Mode == ExperimentMode.Ctcde)
                fields["warning"] = CtcdeDecider.Warning;
            fields["at"] = Text(look.Now);
            return new ExperimentEvent(name, fields);
        }

        private static string Text(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'",
            System.Globalization.CultureInfo.InvariantCulture);

        private void Weigh()
        {
            var watching = _state.Phase == ExperimentPhase.Watching;
            var paired = _state.Design == ExperimentDesign.ShadowPaired && _state.Stage < 0 && !watching;
            var sign = config.Primary.Direction == OutcomeDirection.Lower;
            string? missing;
            long count;
            if (paired)
            {
                var d = look.Paired ?? default;
                d = sign ? d.Negate() : d;
                count = d.Count;
                _estimate = ConfidenceSequence.Paired(d, config.Alpha, config.TuningN);
                missing = Lacking("pairs", d, binary: false);
            }
            else
            {
                var control = sign ? look.Control.Outcomes.Negate() : look.Control.Outcomes;
                var challenger = sign ? look.Challenger.Outcomes.Negate() : look.Challenger.Outcomes;
                count = control.Count + challenger.Count;
                _estimate = ConfidenceSequence.TwoSample(control, challenger, config.Alpha, config.TuningN);
                var binary = config.Primary.Type == OutcomeType.Binary;
                missing = Lacking("control units", control, binary) ?? Lacking("challenger units", challenger, binary);
            }
            if (missing is null && !(_estimate.StandardError > 0 && double.IsFinite(_estimate.StandardError)))
                missing = "the standard error is not a positive number";
            PlannedLook? planned = null;
            if (config.Mode == ExperimentMode.GroupSequential && !watching && _state.Verdict is null)
            {
                planned = missing is null ? Planned(paired) : null;
                if (planned is null)
                    Conceal(ref missing);
            }

            var sufficient = missing is null;
            var unsplit = paired || (!watching && _state.Stage < 0);
            double? logE = null, ratioP = null;
            if (!unsplit && !watching)
            {
                long[] units = [look.Control.Units, look.Challenger.Units];
                long[] stage = [Math.Max(0, units[0] - _state.StageControlUnits), Math.Max(0, units[1] - _state.StageChallengerUnits)];
                logE = Math.Max(SampleRatioTest.SequentialLogE(units), SampleRatioTest.SequentialLogE(stage));
                // As many tests as there are segments: each has its share of the error.
                foreach (var segment in look.Segments ?? [])
                {
                    var within = SampleRatioTest.SequentialLogE([segment.Control, segment.Challenger]) - Math.Log(look.Segments!.Count);
                    logE = Math.Max(logE.Value, within);
                }
                ratioP = SampleRatioTest.Fixed(units).P;
            }
            _evidence = new ExperimentEvidence
            {
                Sufficient = sufficient,
                Missing = missing,
                Count = count,
                Delta = Finite(_estimate.Delta, count),
                Low = Finite(_estimate.Low, count),
                High = Finite(_estimate.High, count),
                OneSidedLow = Finite(_estimate.OneSidedLow, count),
                P = _estimate.P,
                // The minimum is a claim over the experiment's looks alone; the watch asks another question of other data.
                MinimumP = sufficient && !watching ? Math.Min(before.MinimumP, _estimate.P) : before.MinimumP,
                SampleRatioLogE = logE,
                SampleRatioP = ratioP,
                LabelImbalanceP = unsplit ? null
                    : LabelMissingness.Test(look.Control.Labelled, look.Control.Missing, look.Challenger.Labelled, look.Challenger.Missing).P,
                Guardrails = [.. config.Guardrails.Select(Weigh)],
                PlannedLook = planned,
                StatisticallyControlled = config.Mode != ExperimentMode.Ctcde,
            };
        }

        /// <summary>
        /// Takes the look of the plan that is due, if one is: from then on the estimate's interval is the repeated confidence interval of that look. A look
        /// waits until the stage has lasted long enough to be decided in, since its error can be spent only once.
        /// </summary>
        private PlannedLook? Planned(bool paired)
        {
            var open = _state.Phase is ExperimentPhase.Ramping or ExperimentPhase.Holding || (_state.Phase == ExperimentPhase.Shadow && _state.SmokePassed);
            var (a, b) = ((double)look.Control.Outcomes.Count, (double)look.Challenger.Outcomes.Count);
            var information = paired ? look.Paired?.Count ?? 0 : 2 * a * b / (a + b);
            var taken = _state.PlannedLooks ?? [];
            var plan = config.GroupSequential!;
            var end = Late || Full;
            if (!open || !Dwelt || !GroupSequentialPlan.Due(plan, taken, information, end))
                return null;
            var margin = config.Decision == DecisionRule.NonInferior ? config.NonInferiorityMargin ?? 0 : 0;
            var planned = GroupSequentialPlan.Take(plan, config.Alpha, taken, information, end, _estimate, margin);
            _state = _state with { PlannedLooks = [.. taken, planned] };
            var half = planned.Bound * _estimate.StandardError;
            _estimate = new ConfidenceEstimate(_estimate.Delta, _estimate.StandardError, half, double.NaN, planned.Adjusted?.P ?? 1, half);
            return planned;
        }

        // Outcomes between the looks of the plan are nobody's to see.
        private void Conceal(ref string? missing)
        {
            _estimate = new ConfidenceEstimate(double.NaN, double.NaN, double.PositiveInfinity, double.NaN, 1, double.PositiveInfinity);
            missing ??= GroupSequentialPlan.Next(config.GroupSequential!, _state.PlannedLooks ?? []) is { } next
                ? FormattableString.Invariant($"the next planned look is at {Math.Ceiling(next)} units an arm")
                : "the last planned look was taken";
        }

        private string? Lacking(string what, Moments arm, bool binary)
        {
            var least = Math.Max(config.MinUnitsPerArm, LeastUnitsPerArm);
            if (arm.Count < least)
                return $"{arm.Count} of {least} {what}";
            var hits = Math.Abs(arm.Mean) * arm.Count;
            return binary && (hits < 10 || arm.Count - hits < 10) ? $"fewer than 10 {what} of either outcome" : null;
        }

        private GuardrailEvidence Weigh(Guardrail guardrail)
        {
            var a = look.Control.Events.GetValueOrDefault(guardrail.Name);
            var b = look.Challenger.Events.GetValueOrDefault(guardrail.Name);
            var logE = RareEventTest.LogE(a, b, RareEventTest.NullShare(guardrail.ToleranceRatio));
            return new GuardrailEvidence(guardrail.Name, a, b, logE, -Math.Log(guardrail.Alpha), RareEventTest.Fires(logE, guardrail.Alpha));
        }

        private static double? Finite(double value, long count) => count > 0 && double.IsFinite(value) ? value : null;
    }
}
