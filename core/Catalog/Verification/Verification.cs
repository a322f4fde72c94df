using System.Collections.Concurrent;

namespace Iml4e.Catalog;

/// <summary>A verification under way: takes faults and counts from all who look, and knows which artefacts there are.</summary>
internal sealed class Verification(ArtefactStore artefacts, Func<CatalogFault, ValueTask> report, Action<long>? looked) : IDisposable
{
    /// <summary>Documents or blobs looked at at once.</summary>
    public const int Parallel = 8;

    private readonly SemaphoreSlim one = new(1, 1);
    private readonly ConcurrentDictionary<string, Task<ArtefactInfo?>> known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> checks = new(StringComparer.Ordinal);
    private long faults;
    private long total;

    /// <summary>Things looked at, by kind.</summary>
    public IReadOnlyDictionary<string, long> Checks => new SortedDictionary<string, long>(checks, StringComparer.Ordinal);

    /// <summary>Faults reported.</summary>
    public long Faults => Interlocked.Read(ref faults);

    public void Count(string what, long number = 1)
    {
        checks.AddOrUpdate(what, number, (_, before) => before + number);
        looked?.Invoke(Interlocked.Add(ref total, number));
    }

    public async Task FaultAsync(string path, string kind, string problem)
    {
        await one.WaitAsync();
        try
        {
            Interlocked.Increment(ref faults);
            await report(new CatalogFault(path, kind, problem));
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose() => one.Dispose();

    /// <summary>Checks that an artefact that is named is there.</summary>
    /// <param name="path">Who names it.</param>
    /// <param name="digest">Its digest.</param>
    /// <param name="size">Bytes that it should have; null = not known.</param>
    /// <param name="ct">Cancels.</param>
    public async Task ReferenceAsync(string path, string digest, long? size, CancellationToken ct)
    {
        Count("references");
        if (!Digest.IsValid(digest))
        {
            await FaultAsync(path, "reference", $"{ResourceName.Quote(digest)} is no digest");
            return;
        }

        // Most artefacts are named often; the memory of them is dropped now and then.
        if (known.Count > 100_000)
            known.Clear();
        var info = await known.GetOrAdd(digest, d => artefacts.InfoAsync(d, ct));
        if (info is null)
        {
            // It may have been stored since somebody else asked.
            known.TryRemove(digest, out _);
            info = await artefacts.InfoAsync(digest, ct);
        }

        if (info is null)
            await FaultAsync(path, "reference", $"names the artefact {digest}, which is not there");
        else if (size is { } wanted && info.Size != wanted)
            await FaultAsync(path, "size", $"says that the artefact {digest} has {wanted} bytes; it has {info.Size}");
    }

    /// <summary>Reads all documents of a store and looks at each; one that cannot be read is a fault.</summary>
    public Task EachAsync<T>(DocumentStore store, string name, Func<string, T, CancellationToken, Task> look, CancellationToken ct)
        where T : class
        => System.Threading.Tasks.Parallel.ForEachAsync(
            store.ListAsync("", ct), new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = ct }, async (entry, cancel) =>
            {
                T? value;
                try
                {
                    value = (await store.ReadAsync<T>(entry.Path, cancel))?.Value;
                }
                catch (Exception e) when (e is System.Text.Json.JsonException or NotSupportedException or InvalidOperationException)
                {
                    await FaultAsync($"{name}/{entry.Path}", "unreadable", "the document cannot be read");
                    return;
                }

                Count(name);
                if (value is not null)
                    await look(entry.Path, value, cancel);
            });
}
