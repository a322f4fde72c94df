namespace Iml4e.Learning;

/// <summary>From when to when the rows of a part are, both included: ISO 8601 UTC, or numbers where time is a number column.</summary>
public sealed record DateRange(string From, string To);
