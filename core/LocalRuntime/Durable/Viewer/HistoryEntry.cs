namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>An event of a history as it is kept; times are UTC.</summary>
/// <param name="Sequence">Its place in the history, from 0.</param>
/// <param name="Kind">What it tells.</param>
/// <param name="Id">The sequence number of the call that it records or answers.</param>
/// <param name="Tags">What the caller has tagged the call with.</param>
/// <param name="Target">The child, or the receiver of a sent event.</param>
internal sealed record HistoryEntry(
    int Sequence,
    string Kind,
    DateTime Timestamp,
    int? Id,
    string? Name,
    string? Version,
    string? Target,
    DateTime? FireAt,
    IReadOnlyDictionary<string, string>? Tags,
    string? Status,
    string? Reason,
    PayloadPreview? Input,
    PayloadPreview? Result,
    FailureView? Failure);
