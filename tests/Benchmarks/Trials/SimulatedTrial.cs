using Iml4e.Assessment.Experiment;

namespace Iml4e.Benchmarks.Trials;

/// <summary>
/// A trial without the app: the same stream, the assignment, the maturity rule and the state machine of the product, in virtual time. What the callers of the
/// app do and what its tally makes of it is what the look of a turn says.
/// </summary>
/// <param name="scene">Where it plays.</param>
/// <param name="trial">The challenger.</param>
/// <param name="config">The experiment.</param>
/// <param name="perSecond">Requests a second.</param>
internal sealed class SimulatedTrial(TrialScene scene, TrialCase trial, ExperimentConfiguration config, int perSecond)
{
    private static readonly DateTimeOffset Start = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly TrialModel _challenger = scene.Challenger(trial);

    /// <summary>Plays it once.</summary>
    /// <param name="repeat">Its number: salt of the assignment, and where in the stream it begins.</param>
    /// <returns>The final state.</returns>
    public ExperimentState Play(int repeat)
    {
        var salt = FormattableString.Invariant($"{scene.Name}-{trial}-{repeat}");
        var random = new Random(repeat);
        var state = ExperimentState.Start(config, salt, Start);
        var (control, challenger) = (new SimulatedArm(), new SimulatedArm());
        var next = random.Next(scene.Requests.Count);
        var timing = config.Mode == ExperimentMode.Ctcde ? config.Labels with { Maturity = TimeSpan.Zero } : config.Labels;
        for (var now = Start; !state.IsFinal; now += config.LookInterval)
        {
            var routing = ExperimentDecider.Routing(config, state);
            var look = new ExperimentLook
            {
                Now = now,
                Control = control.Counts(now, timing, state.Phase == ExperimentPhase.Watching ? state.PromotedAt : null),
                Challenger = challenger.Counts(now, timing, state.Phase == ExperimentPhase.Watching ? state.PromotedAt : null),
                PromotionApplied = state.Phase is ExperimentPhase.Promoting or ExperimentPhase.Watching,
            };
            state = ExperimentDecider.Decide(config, state, look).State;
            routing = ExperimentDecider.Routing(config, state);
            var count = (int)(perSecond * config.LookInterval.TotalSeconds);
            for (var i = 0; i < count; i++, next++)
            {
                var request = scene.Requests[next % scene.Requests.Count];
                var at = now + (config.LookInterval * i / count);
                var slice = Slice(routing, salt, request.Unit, next);
                if (slice == Assignment.Outside)
                    continue;
                var loss = request.Loss(slice == Assignment.Challenger ? _challenger : scene.Champion);
                var late = trial == TrialCase.LateLabels && loss > scene.Bad;
                (slice == Assignment.Challenger ? challenger : control).Add(at, late ? at + TrialPlan.Delay : at, loss);
            }
        }

        return state;
    }

    private static Assignment Slice(ExperimentRouting routing, string salt, string unit, int prediction)
    {
        if (routing.Weighted)
        {
            return UnitAssignment.Position(salt, FormattableString.Invariant($"prediction-{prediction}")) < routing.ChallengerShare
                ? Assignment.Challenger : Assignment.Control;
        }

        return UnitAssignment.Assign(salt, unit, routing.Promoted ? routing.HoldbackShare : routing.ChallengerShare);
    }

    // Every unit of the streams makes one request, so that its mean is that request's outcome.
    private sealed class SimulatedArm
    {
        private readonly List<(DateTimeOffset At, DateTimeOffset Told, double Loss)> _requests = [];

        public void Add(DateTimeOffset at, DateTimeOffset told, double loss) => _requests.Add((at, told, loss));

        public ArmCounts Counts(DateTimeOffset now, LabelTiming timing, DateTimeOffset? since)
        {
            var requests = _requests.Where(r => since is null || r.At >= since).ToList();
            return new ArmCounts
            {
                Units = requests.Count,
                Requests = requests.Count,
                Outcomes = Moments.Of(requests.Where(r => r.Told <= now && timing.IsMature(r.At, now)).Select(r => r.Loss)),
                Errors = 0,
                MeanLatencyMs = 1,
            };
        }
    }
}
