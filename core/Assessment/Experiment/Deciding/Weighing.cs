namespace Iml4e.Assessment.Experiment.Deciding;

/// <summary>What a look is worth as evidence: confidence sequence or planned look, sample ratio, labels, guardrails.</summary>
internal static class Weighing
{
    /// <summary>Makes the evidence of the look, and takes the look of the plan that is due, if one is.</summary>
    public static void Weigh(Turn turn)
    {
        var watching = turn.State.Phase == ExperimentPhase.Watching;
        var paired = turn.State.Design == ExperimentDesign.ShadowPaired && turn.State.Stage < 0 && !watching;
        var sign = turn.Config.Primary.Direction == OutcomeDirection.Lower;
        string? missing;
        long count;
        if (paired)
        {
            var d = turn.Look.Paired ?? default;
            d = sign ? d.Negate() : d;
            count = d.Count;
            turn.Estimate = ConfidenceSequence.Paired(d, turn.Config.Alpha, turn.Config.TuningN);
            missing = Lacking(turn, "pairs", d, binary: false);
        }
        else
        {
            var control = sign ? turn.Look.Control.Outcomes.Negate() : turn.Look.Control.Outcomes;
            var challenger = sign ? turn.Look.Challenger.Outcomes.Negate() : turn.Look.Challenger.Outcomes;
            count = control.Count + challenger.Count;
            turn.Estimate = ConfidenceSequence.TwoSample(control, challenger, turn.Config.Alpha, turn.Config.TuningN);
            var binary = turn.Config.Primary.Type == OutcomeType.Binary;
            missing = Lacking(turn, "control units", control, binary) ?? Lacking(turn, "challenger units", challenger, binary);
        }
        if (missing is null && !(turn.Estimate.StandardError > 0 && double.IsFinite(turn.Estimate.StandardError)))
            missing = "the standard error is not a positive number";
        PlannedLook? planned = null;
        if (turn.Config.Mode == ExperimentMode.GroupSequential && !watching && turn.State.Verdict is null)
        {
            planned = missing is null ? Planned(turn, paired) : null;
            if (planned is null)
                Conceal(turn, ref missing);
        }

        var sufficient = missing is null;
        var unsplit = paired || (!watching && turn.State.Stage < 0);
        double? logE = null, ratioP = null;
        if (!unsplit && !watching)
        {
            long[] units = [turn.Look.Control.Units, turn.Look.Challenger.Units];
            long[] stage = [Math.Max(0, units[0] - turn.State.StageControlUnits), Math.Max(0, units[1] - turn.State.StageChallengerUnits)];
            logE = Math.Max(SampleRatioTest.SequentialLogE(units), SampleRatioTest.SequentialLogE(stage));
            // As many tests as there are segments: each has its share of the error.
            foreach (var segment in turn.Look.Segments ?? [])
            {
                var within = SampleRatioTest.SequentialLogE([segment.Control, segment.Challenger]) - Math.Log(turn.Look.Segments!.Count);
                logE = Math.Max(logE.Value, within);
            }
            ratioP = SampleRatioTest.Fixed(units).P;
        }
        turn.Evidence = new ExperimentEvidence
        {
            Sufficient = sufficient,
            Missing = missing,
            Count = count,
            Delta = Finite(turn.Estimate.Delta, count),
            Low = Finite(turn.Estimate.Low, count),
            High = Finite(turn.Estimate.High, count),
            OneSidedLow = Finite(turn.Estimate.OneSidedLow, count),
            P = turn.Estimate.P,
            // The minimum is a claim over the experiment's looks alone; the watch asks another question of other data.
            MinimumP = sufficient && !watching ? Math.Min(turn.Before.MinimumP, turn.Estimate.P) : turn.Before.MinimumP,
            SampleRatioLogE = logE,
            SampleRatioP = ratioP,
            LabelImbalanceP = unsplit ? null
                : LabelMissingness.Test(turn.Look.Control.Labelled, turn.Look.Control.Missing, turn.Look.Challenger.Labelled, turn.Look.Challenger.Missing).P,
            Guardrails = [.. turn.Config.Guardrails.Select(guardrail => Weigh(turn, guardrail))],
            PlannedLook = planned,
            StatisticallyControlled = turn.Config.Mode != ExperimentMode.Ctcde,
        };
    }

    /// <summary>
    /// Takes the look of the plan that is due, if one is: from then on the estimate's interval is the repeated confidence interval of that look. A look
    /// waits until the stage has lasted long enough to be decided in, since its error can be spent only once.
    /// </summary>
    private static PlannedLook? Planned(Turn turn, bool paired)
    {
        var open = turn.State.Phase is ExperimentPhase.Ramping or ExperimentPhase.Holding || (turn.State.Phase == ExperimentPhase.Shadow && turn.State.SmokePassed);
        var (a, b) = ((double)turn.Look.Control.Outcomes.Count, (double)turn.Look.Challenger.Outcomes.Count);
        var information = paired ? turn.Look.Paired?.Count ?? 0 : 2 * a * b / (a + b);
        var taken = turn.State.PlannedLooks ?? [];
        var plan = turn.Config.GroupSequential!;
        var end = turn.Late || turn.Full;
        if (!open || !turn.Dwelt || !GroupSequentialPlan.Due(plan, taken, information, end))
            return null;
        var margin = turn.Config.Decision == DecisionRule.NonInferior ? turn.Config.NonInferiorityMargin ?? 0 : 0;
        var planned = GroupSequentialPlan.Take(plan, turn.Config.Alpha, taken, information, end, turn.Estimate, margin);
        turn.State = turn.State with { PlannedLooks = [.. taken, planned] };
        var half = planned.Bound * turn.Estimate.StandardError;
        turn.Estimate = new ConfidenceEstimate(turn.Estimate.Delta, turn.Estimate.StandardError, half, double.NaN, planned.Adjusted?.P ?? 1, half);
        return planned;
    }

    // Outcomes between the looks of the plan are nobody's to see.
    private static void Conceal(Turn turn, ref string? missing)
    {
        turn.Estimate = new ConfidenceEstimate(double.NaN, double.NaN, double.PositiveInfinity, double.NaN, 1, double.PositiveInfinity);
        missing ??= GroupSequentialPlan.Next(turn.Config.GroupSequential!, turn.State.PlannedLooks ?? []) is { } next
            ? FormattableString.Invariant($"the next planned look is at {Math.Ceiling(next)} units an arm")
            : "the last planned look was taken";
    }

    private static string? Lacking(Turn turn, string what, Moments arm, bool binary)
    {
        var least = Math.Max(turn.Config.MinUnitsPerArm, ExperimentDecider.LeastUnitsPerArm);
        if (arm.Count < least)
            return $"{arm.Count} of {least} {what}";
        var hits = Math.Abs(arm.Mean) * arm.Count;
        return binary && (hits < 10 || arm.Count - hits < 10) ? $"fewer than 10 {what} of either outcome" : null;
    }

    private static GuardrailEvidence Weigh(Turn turn, Guardrail guardrail)
    {
        var a = turn.Look.Control.Events.GetValueOrDefault(guardrail.Name);
        var b = turn.Look.Challenger.Events.GetValueOrDefault(guardrail.Name);
        var logE = RareEventTest.LogE(a, b, RareEventTest.NullShare(guardrail.ToleranceRatio));
        return new GuardrailEvidence(guardrail.Name, a, b, logE, -Math.Log(guardrail.Alpha), RareEventTest.Fires(logE, guardrail.Alpha));
    }

    private static double? Finite(double value, long count) => count > 0 && double.IsFinite(value) ? value : null;
}
