namespace Iml4e.Catalog;

/// <summary>What a reader of a log got.</summary>
/// <param name="Records">In the order of each worker's log.</param>
/// <param name="Next">Where to go on.</param>
/// <param name="CaughtUp">True when there was no more at this moment; false when the call ended because it had enough.</param>
/// <param name="Skipped">Lines that were passed over: unreadable, or the same as one just before.</param>
public sealed record LogBatch<T>(IReadOnlyList<T> Records, LogCursor Next, bool CaughtUp, int Skipped);
