namespace Iml4e.Catalog;

/// <summary>A JSON document as it was read.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Value">What it says.</param>
/// <param name="ETag">The version that was read; a replacement is refused when the document has another by then.</param>
public sealed record Document<T>(string Path, T Value, string ETag)
    where T : class
{
    /// <summary>The names of the last writes, which the next write carries on.</summary>
    internal string Writes { get; init; } = "";
}

/// <summary>A document in a listing.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="ETag">Its version.</param>
/// <param name="Modified">Its last write, by the storage's clock.</param>
/// <param name="Size">Bytes.</param>
public sealed record DocumentEntry(string Path, string ETag, DateTimeOffset Modified, long Size);

/// <summary>A page of a listing, by path in ordinal order.</summary>
/// <param name="Entries">The documents.</param>
/// <param name="Next">Where the next page begins; null at the end.</param>
public sealed record DocumentPage(IReadOnlyList<DocumentEntry> Entries, string? Next);
