namespace Iml4e.Assessment.Experiment;

/// <summary>Compares between the arms how many predictions never got their label: the 2×2 χ² test, one degree of freedom, no continuity correction.</summary>
public static class LabelMissingness
{
    /// <summary>The p-value below which an experiment is invalid.</summary>
    public const double Limit = 0.001;

    /// <summary>Tests labelled against missing × control against challenger; p = 1 when a row or a column is empty.</summary>
    public static ChiSquareResult Test(long controlLabelled, long controlMissing, long challengerLabelled, long challengerMissing)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(controlLabelled);
        ArgumentOutOfRangeException.ThrowIfNegative(controlMissing);
        ArgumentOutOfRangeException.ThrowIfNegative(challengerLabelled);
        ArgumentOutOfRangeException.ThrowIfNegative(challengerMissing);
        double a = controlLabelled, b = controlMissing, c = challengerLabelled, d = challengerMissing;
        var margins = (a + b) * (c + d) * (a + c) * (b + d);
        if (margins <= 0)
            return new ChiSquareResult(0, 1, 1);
        var cross = a * d - b * c;
        return ChiSquareResult.Of((a + b + c + d) * cross * cross / margins, 1);
    }
}
