using Iml4e.Assessment.Acceptance;
using Iml4e.Assessment.Pose.Results;

namespace Iml4e.Assessment.Pose.Jobs;

/// <summary>What a validation has come to.</summary>
/// <param name="Predictions">Digest of what was judged.</param>
/// <param name="Evaluation">The figures.</param>
/// <param name="Comparison">Beside others; null = there are none.</param>
/// <param name="Verdict">Of the accept rule; null = there is none.</param>
internal sealed record ValidationOutcome(string Predictions, PoseEvaluation Evaluation, ValidationComparison? Comparison, AcceptResult? Verdict);
