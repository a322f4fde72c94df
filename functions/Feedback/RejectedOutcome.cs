namespace Iml4e.Functions.Feedback;

/// <summary>An outcome that was not taken, and why.</summary>
/// <param name="Index">Place in the request, from 0.</param>
/// <param name="PredictionId">The prediction that it belongs to; null when none could be read.</param>
/// <param name="Code">Stable machine-readable code.</param>
/// <param name="Message">What would be right.</param>
internal sealed record RejectedOutcome(int Index, string? PredictionId, string Code, string Message)
{
    /// <summary>Code of an outcome whose prediction has another one already.</summary>
    public const string Conflict = "outcome.conflict";

    /// <summary>Code of an outcome whose prediction is not known, while too many wait for theirs.</summary>
    public const string Full = "feedback.full";
}
