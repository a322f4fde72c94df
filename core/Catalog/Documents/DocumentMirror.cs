namespace Iml4e.Catalog;

/// <summary>
/// The documents of a folder as they are: a listing says which have changed since the last look, and only those are read. So a folder of thousands costs a
/// request or two when nothing has happened.
/// </summary>
/// <param name="documents">The store.</param>
/// <param name="prefix">What the paths begin with.</param>
/// <param name="damaged">Told of a document that cannot be read, once for each of its versions; the others are there without it.</param>
public sealed class DocumentMirror<T>(DocumentStore documents, string prefix, Action<DocumentDamagedException> damaged) : IDisposable
    where T : class
{
    private const int Readers = 8;
    private readonly SemaphoreSlim gate = new(1, 1);
    private Dictionary<string, Document<T>> known = new(StringComparer.Ordinal);
    private Dictionary<string, string> unreadable = new(StringComparer.Ordinal);

    /// <summary>All documents by path; one that is deleted meanwhile or damaged is left out. What was given is not changed any more.</summary>
    public async Task<IReadOnlyDictionary<string, Document<T>>> RefreshAsync(CancellationToken ct = default)
    {
        await gate.WaitAsync(ct);
        try
        {
            var current = new Dictionary<string, Document<T>>(known.Count, StringComparer.Ordinal);
            var broken = new Dictionary<string, string>(StringComparer.Ordinal);
            var changed = new List<DocumentEntry>();
            await foreach (var entry in documents.ListAsync(prefix, ct))
            {
                if (known.TryGetValue(entry.Path, out var there) && Bare(there.ETag) == Bare(entry.ETag))
                    current.Add(entry.Path, there);
                else if (unreadable.TryGetValue(entry.Path, out var version) && version == entry.ETag)
                    broken.Add(entry.Path, version);
                else
                    changed.Add(entry);
            }

            await Parallel.ForEachAsync(changed, new ParallelOptions { MaxDegreeOfParallelism = Readers, CancellationToken = ct }, async (entry, token) =>
            {
                try
                {
                    if (await documents.ReadAsync<T>(entry.Path, token) is not { } document)
                        return;
                    lock (current)
                        current[entry.Path] = document;
                }
                catch (DocumentDamagedException e)
                {
                    lock (broken)
                        broken[entry.Path] = entry.ETag;
                    damaged(e);
                }
            });
            unreadable = broken;
            return known = current;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => gate.Dispose();

    // A listing gives the version without the quotation marks that an answer's header has.
    private static string Bare(string etag) => etag.Trim('"');
}
