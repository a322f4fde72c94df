using Iml4e.Assessment.Experiment;

namespace Iml4e.Functions.Monitoring;

/// <summary>What was counted of a slice's requests.</summary>
/// <param name="Units">Distinct units.</param>
/// <param name="Requests">Requests.</param>
/// <param name="Errors">Of these, failed.</param>
/// <param name="Latency">Milliseconds of those that were answered.</param>
/// <param name="Events">Guardrail events by the guardrail's name.</param>
internal sealed record SliceCounts(long Units, long Requests, long Errors, Moments Latency, SortedDictionary<string, long> Events);
