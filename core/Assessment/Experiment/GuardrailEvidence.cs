namespace Iml4e.Assessment.Experiment;

/// <summary>One guardrail at a look.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ControlEvents">Events in the control slice.</param>
/// <param name="ChallengerEvents">Events in the challenger slice.</param>
/// <param name="LogE">ln E.</param>
/// <param name="Limit">ln(1/α), at which it fires.</param>
/// <param name="Fired">Whether it has.</param>
public sealed record GuardrailEvidence(string Name, long ControlEvents, long ChallengerEvents, double LogE, double Limit, bool Fired);
