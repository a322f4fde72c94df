using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Iml4e.Catalog;

/// <summary>
/// Small JSON documents that several processes change: every write says which version it replaces, and the storage refuses it when that is not the present one.
/// </summary>
/// <remarks>
/// A write whose answer was lost looks like a conflict when it is repeated. Each write therefore has a name of its own, and a document carries the names of
/// its last 32 writes: a refused writer that finds its own name knows that it had been applied.
/// Paths: segments of letters, digits and <c>- _ . = @ : + ~</c>, joined by '/'.
/// </remarks>
public sealed class DocumentStore
{
    private const string WritesKey = "writes";
    private const int WriteNameLength = 10;
    private const int WritesKept = 32;
    private readonly BlobContainerClient container;
    private readonly string root;
    private readonly int attempts;
    private readonly TimeProvider time;

    internal DocumentStore(BlobContainerClient container, string root, CatalogOptions options, TimeProvider time)
    {
        this.container = container;
        this.root = root;
        attempts = options.UpdateAttempts;
        this.time = time;
    }

    /// <summary>True when the text can be the path of a document.</summary>
    public static bool IsValidPath([NotNullWhen(true)] string? path)
    {
        if (path is null || path.Length is 0 or > 800)
            return false;
        foreach (var range in path.AsSpan().Split('/'))
        {
            var segment = path.AsSpan(range);
            if (segment.Length is 0 or > 250 || segment[^1] == '.' || segment[0] == '.')
                return false;
            foreach (var c in segment)
            {
                if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.' or '=' or '@' or ':' or '+' or '~'))
                    return false;
            }
        }

        return true;
    }

    /// <summary>The document; null when there is none.</summary>
    /// <exception cref="DocumentDamagedException">What is stored is not a <typeparamref name="T"/>.</exception>
    public async Task<Document<T>?> ReadAsync<T>(string path, CancellationToken ct = default)
        where T : class
    {
        var raw = await ReadRawAsync(path, ct);
        return raw is null ? null : new Document<T>(path, Deserialize<T>(path, raw.Content), raw.ETag) { Writes = raw.Writes };
    }

    /// <summary>Writes a document that must not be there yet.</summary>
    /// <exception cref="CatalogConflictException">It is there.</exception>
    public async Task<Document<T>> CreateAsync<T>(string path, T value, CancellationToken ct = default)
        where T : class
        => await TryWriteAsync(path, Serialize(value), "", new BlobRequestConditions { IfNoneMatch = ETag.All }, ct) is { } written
            ? new Document<T>(path, value, written.ETag) { Writes = written.Writes }
            : throw new CatalogConflictException($"the document '{path}' is there already");

    /// <summary>The document that is there, or else the value given, written now.</summary>
    public async Task<Document<T>> GetOrCreateAsync<T>(string path, T value, CancellationToken ct = default)
        where T : class
    {
        for (var attempt = 0; attempt < attempts; attempt++)
        {
            if (await ReadAsync<T>(path, ct) is { } there)
                return there;
            if (await TryWriteAsync(path, Serialize(value), "", new BlobRequestConditions { IfNoneMatch = ETag.All }, ct) is { } written)
                return new Document<T>(path, value, written.ETag) { Writes = written.Writes };
        }

        throw new CatalogConflictException($"the document '{path}' is made and deleted by others all the time");
    }

    /// <summary>Replaces the version that was read.</summary>
    /// <exception cref="CatalogConflictException">Somebody changed or deleted it since.</exception>
    public async Task<Document<T>> ReplaceAsync<T>(Document<T> document, CancellationToken ct = default)
        where T : class
        => await TryWriteAsync(document.Path, Serialize(document.Value), document.Writes, new BlobRequestConditions { IfMatch = new ETag(document.ETag) }, ct)
            is { } written
            ? document with { ETag = written.ETag, Writes = written.Writes }
            : throw new CatalogConflictException($"the document '{document.Path}' was changed by somebody else");

    /// <summary>Writes the document whatever is there; the last one wins.</summary>
    public async Task<Document<T>> PutAsync<T>(string path, T value, CancellationToken ct = default)
        where T : class
    {
        var written = await TryWriteAsync(path, Serialize(value), "", new BlobRequestConditions(), ct)
            ?? throw new CatalogConflictException($"the document '{path}' was changed by somebody else at the same moment");
        return new Document<T>(path, value, written.ETag) { Writes = written.Writes };
    }

    /// <summary>
    /// Changes a document by compare-and-swap: <paramref name="change"/> is given what is there (null when nothing is) and gives back what shall be there:
    /// null deletes the document (or leaves it absent), an equal value writes nothing. When somebody else was faster it is called again on their version, so
    /// it must not have effects of its own.
    /// </summary>
    /// <returns>The document as it is afterwards; null when it is not there.</returns>
    /// <exception cref="CatalogConflictException">Others were faster in all of <see cref="CatalogOptions.UpdateAttempts"/> attempts.</exception>
    public Task<Document<T>?> UpdateAsync<T>(string path, Func<T?, T?> change, CancellationToken ct = default)
        where T : class
        => UpdateAsync<T>(path, (value, _) => ValueTask.FromResult(change(value)), ct);

    /// <summary>As the other overload, with a change that may await.</summary>
    public async Task<Document<T>?> UpdateAsync<T>(string path, Func<T?, CancellationToken, ValueTask<T?>> change, CancellationToken ct = default)
        where T : class
    {
        for (var attempt = 0; attempt < attempts; attempt++)
        {
            if (attempt > 0)
                await Backoff.WaitAsync(attempt, 4, 500, time, ct);
            var raw = await ReadRawAsync(path, ct);
            var after = await change(raw is null ? null : Deserialize<T>(path, raw.Content), ct);
            if (after is null)
            {
                if (raw is null || await DeleteAsync(path, raw.ETag, ct))
                    return null;
                continue;
            }

            var content = Serialize(after);
            if (raw is not null && content.ToMemory().Span.SequenceEqual(raw.Content.ToMemory().Span))
                return new Document<T>(path, after, raw.ETag) { Writes = raw.Writes };
            var conditions = raw is null ? new BlobRequestConditions { IfNoneMatch = ETag.All } : new BlobRequestConditions { IfMatch = new ETag(raw.ETag) };
            if (await TryWriteAsync(path, content, raw?.Writes ?? "", conditions, ct) is { } written)
                return new Document<T>(path, after, written.ETag) { Writes = written.Writes };
        }

        throw new CatalogConflictException($"the document '{path}' is being changed by others all the time; gave up after {attempts} attempts");
    }

    /// <summary>Deletes whatever is there; false when nothing was.</summary>
    public async Task<bool> DeleteAsync(string path, CancellationToken ct = default)
        => await Blob(path).DeleteIfExistsAsync(cancellationToken: ct);

    /// <summary>Deletes the version that was read; true also when it is gone already.</summary>
    /// <exception cref="CatalogConflictException">Somebody changed it since.</exception>
    public async Task DeleteAsync<T>(Document<T> document, CancellationToken ct = default)
        where T : class
    {
        if (!await DeleteAsync(document.Path, document.ETag, ct))
            throw new CatalogConflictException($"the document '{document.Path}' was changed by somebody else");
    }

    /// <summary>All documents whose path begins with the prefix ("" = all), in ordinal order.</summary>
    public async IAsyncEnumerable<DocumentEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken ct = default)
    {
        await foreach (var blob in container.GetBlobsAsync(prefix: root + CheckPrefix(prefix), cancellationToken: ct))
            yield return Entry(blob);
    }

    /// <summary>A page of the documents whose path begins with the prefix.</summary>
    /// <param name="prefix">"" = all.</param>
    /// <param name="size">1 to 5000 entries.</param>
    /// <param name="after"><see cref="DocumentPage.Next"/> of the page before; null = from the start.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<DocumentPage> ListPageAsync(string prefix, int size, string? after = null, CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        var pages = container.GetBlobsAsync(prefix: root + CheckPrefix(prefix), cancellationToken: ct).AsPages(PageToken.Open(after), Math.Min(size, 5000));
        await foreach (var page in pages)
            return new DocumentPage([.. page.Values.Select(Entry)], PageToken.Seal(page.ContinuationToken));
        return new DocumentPage([], null);
    }

    /// <summary>The values of all documents whose path begins with the prefix, eight read at a time; one that is deleted meanwhile is left out.</summary>
    public async IAsyncEnumerable<Document<T>> ReadAllAsync<T>(string prefix, [EnumeratorCancellation] CancellationToken ct = default)
        where T : class
    {
        var window = new Queue<Task<Document<T>?>>();
        await foreach (var entry in ListAsync(prefix, ct))
        {
            window.Enqueue(ReadAsync<T>(entry.Path, ct));
            if (window.Count >= 8 && await window.Dequeue() is { } document)
                yield return document;
        }

        while (window.TryDequeue(out var task))
        {
            if (await task is { } document)
                yield return document;
        }
    }

    private static BinaryData Serialize<T>(T value) => new(JsonSerializer.SerializeToUtf8Bytes(value, CatalogJson.Options));

    private static T Deserialize<T>(string path, BinaryData content)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(content.ToMemory().Span, CatalogJson.Options) ?? throw new DocumentDamagedException(path);
        }
        catch (Exception e) when (e is not DocumentDamagedException and (JsonException or NotSupportedException or InvalidOperationException or ArgumentException))
        {
            throw new DocumentDamagedException(path, e);
        }
    }

    private static string CheckPrefix(string prefix)
        => prefix.Length == 0 || IsValidPath(prefix.TrimEnd('/')) ? prefix : throw new CatalogArgumentException($"prefix: {ResourceName.Quote(prefix)} is no prefix of a path");

    private BlobClient Blob(string path)
        => IsValidPath(path)
            ? container.GetBlobClient(root + path)
            : throw new CatalogArgumentException(
                $"path: {ResourceName.Quote(path)} is not valid; use segments of letters, digits and - _ . = @ : + ~ joined by '/', none beginning or ending with '.'");

    private DocumentEntry Entry(BlobItem blob)
        => new(blob.Name[root.Length..], blob.Properties.ETag.GetValueOrDefault().ToString(), blob.Properties.LastModified.GetValueOrDefault(), blob.Properties.ContentLength ?? 0);

    private async Task<Raw?> ReadRawAsync(string path, CancellationToken ct)
    {
        try
        {
            var answer = (await Blob(path).DownloadContentAsync(ct)).Value;
            return new Raw(answer.Content, answer.Details.ETag.ToString(), answer.Details.Metadata.TryGetValue(WritesKey, out var writes) ? writes : "");
        }
        catch (RequestFailedException e) when (BlobFaults.IsBlobMissing(e))
        {
            return null;
        }
    }

    private async Task<Written?> TryWriteAsync(string path, BinaryData content, string writes, BlobRequestConditions conditions, CancellationToken ct)
    {
        var name = Crockford.Text((ulong)Random.Shared.NextInt64(), WriteNameLength);
        var kept = writes.Length >= WritesKept * WriteNameLength ? writes[^((WritesKept - 1) * WriteNameLength)..] : writes;
        var after = kept + name;
        var options = new BlobUploadOptions
        {
            Conditions = conditions,
            Metadata = new Dictionary<string, string> { [WritesKey] = after },
            HttpHeaders = new BlobHttpHeaders { ContentType = "application/json" },
        };
        try
        {
            var answer = await Blob(path).UploadAsync(content, options, ct);
            return new Written(answer.Value.ETag.ToString(), after);
        }
        catch (RequestFailedException e) when (BlobFaults.IsConflict(e) || BlobFaults.IsBlobMissing(e))
        {
            return await OwnWriteAsync(path, name, ct);
        }
    }

    private async Task<Written?> OwnWriteAsync(string path, string name, CancellationToken ct)
    {
        try
        {
            var there = (await Blob(path).GetPropertiesAsync(cancellationToken: ct)).Value;
            if (!there.Metadata.TryGetValue(WritesKey, out var writes))
                return null;
            for (var at = 0; at + WriteNameLength <= writes.Length; at += WriteNameLength)
            {
                // Applied, and perhaps replaced by somebody since: then the next replacement by our ETag is refused, as it should be.
                if (writes.AsSpan(at, WriteNameLength).SequenceEqual(name))
                    return at + WriteNameLength == writes.Length ? new Written(there.ETag.ToString(), writes) : new Written("\"0x0\"", writes[..(at + WriteNameLength)]);
            }

            return null;
        }
        catch (RequestFailedException e) when (BlobFaults.IsBlobMissing(e))
        {
            return null;
        }
    }

    /// <summary>False when it is there in another version.</summary>
    private async Task<bool> DeleteAsync(string path, string etag, CancellationToken ct)
    {
        try
        {
            await Blob(path).DeleteAsync(conditions: new BlobRequestConditions { IfMatch = new ETag(etag) }, cancellationToken: ct);
            return true;
        }
        catch (RequestFailedException e) when (BlobFaults.IsBlobMissing(e))
        {
            return true;
        }
        catch (RequestFailedException e) when (BlobFaults.IsConflict(e))
        {
            return false;
        }
    }

    private sealed record Raw(BinaryData Content, string ETag, string Writes);

    private sealed record Written(string ETag, string Writes);
}
