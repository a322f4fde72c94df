using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>
/// The plan of mode groupSequential: the outcomes are analysed at these looks and at no other, which gives the most power when labels come in batches.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record GroupSequentialOptions
{
    /// <summary>Information fractions of the looks, ascending by at least 0.01, from 0.01 to 1 at the end, 20 at most; ¼, ½, ¾, 1.</summary>
    public IReadOnlyList<double> Looks { get; init; } = [0.25, 0.5, 0.75, 1];

    /// <summary>How the error is spent; obrienFleming.</summary>
    public SpendingFunction Spending { get; init; } = SpendingFunction.ObrienFleming;

    /// <summary>Labelled units in each arm (pairs, in a paired design) at the last look, such as <see cref="Planning"/> gives.</summary>
    public long UnitsPerArm { get; init; }
}
