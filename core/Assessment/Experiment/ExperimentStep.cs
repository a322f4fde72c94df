namespace Iml4e.Assessment.Experiment;

/// <summary>What one look led to.</summary>
/// <param name="State">The state from now on.</param>
/// <param name="Routing">The routing wanted from now on.</param>
/// <param name="Events">What is to be audited, in order.</param>
/// <param name="Evidence">What the statistics said.</param>
public sealed record ExperimentStep(
    ExperimentState State, ExperimentRouting Routing, IReadOnlyList<ExperimentEvent> Events, ExperimentEvidence Evidence);
