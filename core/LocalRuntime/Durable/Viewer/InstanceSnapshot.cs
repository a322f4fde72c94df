using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Storage;

namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>All that the store has of an instance, as it stands together; payloads that are kept apart are references.</summary>
/// <param name="Inbox">What has arrived for its present execution and waits for its turn, in order.</param>
/// <param name="PendingTimers">Sequence numbers of the timers that are to fire.</param>
/// <param name="Waits">What its last turn recorded; null for nothing.</param>
/// <param name="Children">Children of the present execution, unfinished ones first, at most as many as a page shows.</param>
internal sealed record InstanceSnapshot(
    InstanceRecord Instance,
    IReadOnlyList<HistoryEvent> History,
    IReadOnlyList<HistoryEvent> Inbox,
    IReadOnlySet<int> PendingTimers,
    RecordedWaits? Waits,
    IReadOnlyList<ChildSummary> Children,
    int ChildCount);
