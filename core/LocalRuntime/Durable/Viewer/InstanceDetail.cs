namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>The page of an instance; times are UTC.</summary>
/// <param name="Hub">The task hub.</param>
/// <param name="Now">The time at the host.</param>
/// <param name="NextTimer">The timer or the pause that ends first; null when none is set.</param>
/// <param name="Activities">How many activities were called; further tries are not counted.</param>
/// <param name="Events">External events, the latest when there are too many.</param>
/// <param name="EventCount">How many external events there are.</param>
/// <param name="HistoryCount">How many events the history has.</param>
/// <param name="Turns">How often the orchestrator has been given its turn.</param>
internal sealed record InstanceDetail(
    string Hub,
    DateTime Now,
    InstanceHeader Instance,
    IReadOnlyList<Wait> Waits,
    Wait? NextTimer,
    IReadOnlyList<EventMark> Buffered,
    LanePage Lanes,
    int Activities,
    IReadOnlyList<EventMark> Events,
    int EventCount,
    IReadOnlyList<ChildSummary> Children,
    int ChildCount,
    int HistoryCount,
    int Turns);
