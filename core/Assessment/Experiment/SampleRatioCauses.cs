namespace Iml4e.Assessment.Experiment;

/// <summary>What may have led to a sample-ratio mismatch, from what a look knows; to be read by a person who goes to look.</summary>
public static class SampleRatioCauses
{
    private const double RetryRatio = 1.1;

    /// <summary>The likely causes in words, the likelier first.</summary>
    /// <param name="look">The look that found the mismatch.</param>
    public static IReadOnlyList<string> Of(ExperimentLook look)
    {
        ArgumentNullException.ThrowIfNull(look);
        var causes = new List<string>();
        var (a, b) = (look.Control, look.Challenger);
        var (few, many, name) = b.Units < a.Units ? (b, a, "challenger") : (a, b, "control");
        if (look.Circuit is { Errors: > 0 } circuit && name == "challenger")
            causes.Add(FormattableString.Invariant($"{circuit.Errors} of the challenger's {circuit.Requests} newest requests failed: a version that crashes loses records"));
        if (PerUnit(many) > RetryRatio * PerUnit(few) || PerUnit(few) > RetryRatio * PerUnit(many))
        {
            causes.Add(FormattableString.Invariant(
                $"requests a unit differ, control {PerUnit(a):0.##} and challenger {PerUnit(b):0.##}: retries, or callers that go away"));
        }
        if (look.Segments is { Count: > 1 } segments)
        {
            var worst = segments.MaxBy(s => SampleRatioTest.SequentialLogE([s.Control, s.Challenger]))!;
            causes.Add(FormattableString.Invariant(
                $"units of type '{worst.Name}' differ most, control {worst.Control} and challenger {worst.Challenger}: unit ids that are missing or made otherwise there"));
        }
        causes.Add($"{name} prediction records that were not stored, or requests without a unit id on the way to it");
        return causes;
    }

    private static double PerUnit(ArmCounts arm) => arm.Units == 0 ? 0 : (double)arm.Requests / arm.Units;
}
