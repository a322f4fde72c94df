namespace Iml4e.Functions.Retraining;

/// <summary>
/// What a pipeline's triggers remember, one small document a pipeline. A trigger that fires is consumed and its request put into <see cref="Outbox"/> in one
/// compare-and-swap, so that it is neither lost nor acted on twice.
/// </summary>
internal sealed record TriggerDocument
{
    /// <summary>Folder of the documents.</summary>
    public const string Folder = "triggers/";

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

    /// <summary>When it came; the debounce counts from here, anew with each event.</summary>
    public DateTimeOffset? PendingSince { get; init; }

    /// <summary>Digest of the newest part, as the entity tag of what came.</summary>
    public string? PendingTag { get; init; }

    /// <summary>Rows of the newest part.</summary>
    public long? PendingRows { get; init; }

    /// <summary>When the data trigger fired last.</summary>
    public DateTimeOffset? DataTriggeredAt { get; init; }

    /// <summary>The signals by name.</summary>
    public IReadOnlyDictionary<string, SignalState> Signals { get; init; } = new Dictionary<string, SignalState>();

    /// <summary>The retraining that runs; null when none does.</summary>
    public RunningRetraining? Running { get; init; }

    /// <summary>The firing whose retraining ended last, so that its end is not counted twice.</summary>
    public string? LastEnded { get; init; }

    /// <summary>Firings that were not acted on yet, oldest first: one retraining answers all of them.</summary>
    public IReadOnlyList<RetrainRequest> Outbox { get; init; } = [];

    /// <summary>Path of the document.</summary>
    public static string PathOf(string pipeline) => $"{Folder}{pipeline}.json";

    /// <summary>The document with one signal changed.</summary>
    public TriggerDocument With(string signal, SignalState state) =>
        this with { Signals = new Dictionary<string, SignalState>(Signals) { [signal] = state } };
}
