namespace Iml4e.Assessment.Experiment;

/// <summary>What an experiment will need, said when it starts.</summary>
/// <param name="UnitsPerArm">Units in each arm (pairs, in a paired design) that a fixed-horizon test of the wanted effect needs.</param>
/// <param name="TuningN">The tuningN that makes the always-valid interval tightest there: units of both arms, or pairs.</param>
/// <param name="Days">Days until they are there and their labels mature; null without traffic.</param>
/// <param name="Warning">Why the experiment will probably end undecided; null when it need not.</param>
public sealed record ExperimentPlan(long UnitsPerArm, long TuningN, double? Days, string? Warning);
