using Iml4e.Assessment.Pipelines;
using Iml4e.Assessment.Triggers;

namespace Iml4e.Functions.Retraining;

/// <summary>
/// What a pipeline's triggers remember, one small document a pipeline. A trigger that fires is consumed and its request put into <see cref="Outbox"/> in one
/// compare-and-swap, so that it is neither lost nor acted on twice.
/// </summary>
internal sealed record TriggerDocument
{
    /// <summary>The pipeline.</summary>
    public required string Pipeline { get; init; }

    /// <summary>The schedule that <see cref="ScheduleNext"/> was computed from; another one starts anew.</summary>
    public string? Schedule { get; init; }

    /// <summary>When the schedule fires next, UTC.</summary>
    public DateTimeOffset? ScheduleNext { get; init; }

    /// <summary>Version of the data set that the last training saw.</summary>
    public string? TrainedDatasetVersion { get; init; }

    /// <summary>Newest data set version that no training saw yet.</summary>
    public string? PendingDatasetVersion { get; init; }

    /// <summary>When it came; the debounce counts from here.</summary>
    public DateTimeOffset? PendingSince { get; init; }

    /// <summary>When the data trigger fired last.</summary>
    public DateTimeOffset? DataTriggeredAt { get; init; }

    /// <summary>State of the performance trigger.</summary>
    public HysteresisState Performance { get; init; } = new();

    /// <summary>Champion version that the performance trigger watches; another one starts anew.</summary>
    public string? WatchedVersion { get; init; }

    /// <summary>Outcomes of the watched version that have been scored.</summary>
    public long ScoredOutcomes { get; init; }

    /// <summary>Newest score; null before the first full window.</summary>
    public double? Score { get; init; }

    /// <summary>The firing whose retraining ended last, so that its end is not counted twice.</summary>
    public string? LastEnded { get; init; }

    /// <summary>Requests that wait to become a retraining, oldest first: one retraining answers all of them.</summary>
    public IReadOnlyList<RetrainRequest> Outbox { get; init; } = [];

    /// <summary>Path of the document.</summary>
    public static string PathOf(string pipeline) => $"triggers/{pipeline}.json";
}

/// <summary>Why a retraining is wanted.</summary>
internal sealed record RetrainRequest
{
    /// <summary>The pipeline.</summary>
    public required string Pipeline { get; init; }

    /// <summary>What fired.</summary>
    public required RetrainTrigger Reason { get; init; }

    /// <summary>Identity of the firing: the same firing never starts two retrainings.</summary>
    public required string TriggerId { get; init; }

    /// <summary>What was seen, for people.</summary>
    public required string Evidence { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Requests that were merged into this one.</summary>
    public int Coalesced { get; init; }

    /// <summary>Identity of the run, which follows from the firing.</summary>
    public string RunId => $"retrain-{Pipeline}-{Convert.ToHexStringLower(
        System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(TriggerId)))[..16]}";
}
