using System.Text.Json.Nodes;

namespace Iml4e.Assessment.Experiment;

/// <summary>Something that belongs into the audit log.</summary>
/// <param name="Name">ExperimentStarted, Look, ApprovalAwaited, Approved, SmokePassed, StageAdvanced, RampHeld, GuardrailFired, DecisionMade, PromotionApplied,
/// WatchEnded, RolledBack, Promoted, KeptChampion, Invalid or Aborted.</param>
/// <param name="Fields">Its details; the experiment's id and the time among them.</param>
public sealed record ExperimentEvent(string Name, JsonObject Fields);
