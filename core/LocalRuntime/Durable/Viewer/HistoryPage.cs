namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>A page of a history.</summary>
internal sealed record HistoryPage(int Total, int From, IReadOnlyList<HistoryEntry> Items);
