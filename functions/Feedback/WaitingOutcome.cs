namespace Iml4e.Functions.Feedback;

/// <summary>An outcome whose prediction is not in the log yet.</summary>
/// <param name="Index">Place in its request, from 0.</param>
/// <param name="PredictionId">The prediction.</param>
/// <param name="Values">What happened, a row each, as text.</param>
/// <param name="ObservedAt">When it was observed; the time of arrival when absent.</param>
/// <param name="Revision">Which telling of it this is.</param>
internal sealed record WaitingOutcome(int Index, string PredictionId, IReadOnlyList<string> Values, DateTimeOffset? ObservedAt, int Revision)
{
    /// <summary>Of an outcome of a request.</summary>
    public static WaitingOutcome Of(Outcome outcome) => new(outcome.Index, outcome.PredictionId!, outcome.Values, outcome.ObservedAt, outcome.Revision);

    /// <summary>As an outcome of a request.</summary>
    public Outcome ToOutcome() => new(Index, PredictionId, Values, ObservedAt, Revision, null);
}

/// <summary>The outcomes of one request that wait for their predictions.</summary>
/// <param name="ReceivedAt">When they came.</param>
/// <param name="Outcomes">They.</param>
internal sealed record WaitingRequest(DateTimeOffset ReceivedAt, IReadOnlyList<WaitingOutcome> Outcomes);
