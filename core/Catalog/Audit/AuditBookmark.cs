namespace Iml4e.Catalog;

/// <summary>Where a reader of an audit log has come to; <c>default</c> is before the first entry.</summary>
/// <param name="Seq">Number of the last entry read.</param>
/// <param name="Offset">Bytes read of the segment that the next entry lies in.</param>
public readonly record struct AuditBookmark(long Seq, long Offset);
