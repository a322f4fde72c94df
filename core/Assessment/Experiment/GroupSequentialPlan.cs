namespace Iml4e.Assessment.Experiment;

/// <summary>When the looks of a group-sequential plan are due, and what each of them says.</summary>
public static class GroupSequentialPlan
{
    /// <summary>The least growth of the information from one look to the next, as a share of the whole.</summary>
    public const double LeastStep = 0.01;

    /// <summary>The labelled units an arm at which the next look is due; null when there is none left.</summary>
    public static double? Next(GroupSequentialOptions options, IReadOnlyList<PlannedLook> taken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(taken);
        if (taken is [.., { Last: true }])
            return null;
        var least = taken.Count == 0 ? 0 : taken[^1].Information + LeastStep * options.UnitsPerArm;
        foreach (var fraction in options.Looks)
        {
            if (fraction * options.UnitsPerArm >= least)
                return fraction * options.UnitsPerArm;
        }
        return least;
    }

    /// <summary>Whether a look is due.</summary>
    /// <param name="options">The plan.</param>
    /// <param name="taken">Looks taken.</param>
    /// <param name="information">Labelled units an arm now.</param>
    /// <param name="end">Whether the experiment ends now, which makes the present look the last wherever the plan stands.</param>
    public static bool Due(GroupSequentialOptions options, IReadOnlyList<PlannedLook> taken, double information, bool end)
    {
        if (Next(options, taken) is not { } next)
            return false;
        return information >= next
            || (end && information >= (taken.Count == 0 ? 0 : taken[^1].Information) + LeastStep * options.UnitsPerArm);
    }

    /// <summary>
    /// Takes a look that is due. The error spent follows the information that is there, not that which was planned; the last look spends what is left, also
    /// when time ran out before the units came (which does not depend on the outcomes).
    /// </summary>
    /// <param name="options">The plan.</param>
    /// <param name="alpha">The whole error.</param>
    /// <param name="taken">Looks taken.</param>
    /// <param name="information">Labelled units an arm now.</param>
    /// <param name="end">Whether the experiment ends now.</param>
    /// <param name="estimate">The estimate and its standard error; positive.</param>
    /// <param name="margin">What is added to the estimate before it is tested: 0, or the margin of non-inferiority.</param>
    /// <returns>The look, with an adjusted estimate if it is the last or has reached its bound.</returns>
    public static PlannedLook Take(
        GroupSequentialOptions options, double alpha, IReadOnlyList<PlannedLook> taken, double information, bool end, ConfidenceEstimate estimate,
        double margin)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(taken);
        var test = new GroupSequentialTest();
        foreach (var before in taken)
            test.Add(before.Information, before.Spent);
        var last = end || information >= options.UnitsPerArm;
        var spent = last ? alpha : GroupSequentialTest.Spend(options.Spending, information / options.UnitsPerArm, alpha);
        var bound = test.Add(information, spent);
        var z = (estimate.Delta + margin) / estimate.StandardError;
        var look = new PlannedLook(taken.Count + 1, information, spent, z, bound, last);
        var harm = margin > 0 && estimate.Delta + bound * estimate.StandardError < 0;
        if (!last && !look.Crossed && !harm)
            return look;
        var adjusted = test.Adjust(z, estimate.StandardError, alpha);
        return look with
        {
            Adjusted = adjusted with { Delta = adjusted.Delta - margin, Low = adjusted.Low - margin, High = adjusted.High - margin },
        };
    }
}
