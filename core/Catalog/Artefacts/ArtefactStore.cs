using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Azure;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Iml4e.Catalog;

/// <summary>
/// Immutable bytes under the name of their SHA-256: the same bytes are stored once, whoever stores them, and what is read back is checked against the name.
/// </summary>
/// <remarks>
/// An upload is seen whole or not at all: blocks are staged (with MD5 checked by the service), and one commit that refuses to overwrite makes the blob.
/// Blocks of an upload that was cut off are thrown away by <see cref="GarbageCollector"/>, and by the service after a week.
/// What is put, or named by a new document, is young again: that keeps it from being collected before the document is written.
/// </remarks>
public sealed class ArtefactStore
{
    private const int BlockBytes = 8 * 1024 * 1024;
    private const int MemoryBytes = 16 * 1024 * 1024;
    private const string DefaultMediaType = "application/octet-stream";
    private static readonly UploadTransferValidationOptions Md5 = new() { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 };
    private readonly BlobContainerClient container;
    private readonly int attempts;
    private readonly TimeSpan touchAge;
    private readonly TimeProvider time;

    internal ArtefactStore(BlobContainerClient container, CatalogOptions options, TimeProvider time)
    {
        this.container = container;
        attempts = options.UpdateAttempts;
        touchAge = options.ArtefactTouchAge;
        this.time = time;
    }

    /// <summary>Stores the bytes; when they are there already, nothing is sent and the first media type stays, but they are young again.</summary>
    public Task<ArtefactInfo> PutAsync(ReadOnlyMemory<byte> bytes, string mediaType = DefaultMediaType, CancellationToken ct = default)
    {
        var digest = Digest.Of(bytes.Span);
        return StoreAsync(digest, bytes.Length, mediaType, (offset, count) => ReadOnlyMemoryStream(bytes.Slice((int)offset, count)), ct);
    }

    /// <summary>
    /// Stores what the stream holds from its present position. A stream that cannot seek is kept in memory up to 16 MiB, beyond that in a temporary file,
    /// because the name of the blob is known only at the end.
    /// </summary>
    public async Task<ArtefactInfo> PutAsync(Stream content, string mediaType = DefaultMediaType, CancellationToken ct = default)
    {
        if (content.CanSeek)
            return await PutSeekableAsync(content, mediaType, ct);
        using var memory = new MemoryStream();
        var buffer = new byte[128 * 1024];
        int read;
        while ((read = await content.ReadAsync(buffer, ct)) > 0)
        {
            memory.Write(buffer, 0, read);
            if (memory.Length <= MemoryBytes)
                continue;
            await using var file = new FileStream(
                Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()),
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.ReadWrite,
                    Share = FileShare.None,
                    Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
                });
            // Without its name it is gone with the process, however that ends.
            if (!OperatingSystem.IsWindows())
                File.Delete(file.Name);
            memory.Position = 0;
            await memory.CopyToAsync(file, ct);
            await content.CopyToAsync(file, ct);
            file.Position = 0;
            return await PutSeekableAsync(file, mediaType, ct);
        }

        return await PutAsync(memory.GetBuffer().AsMemory(0, (int)memory.Length), mediaType, ct);
    }

    /// <summary>True when bytes of this digest are stored.</summary>
    public async Task<bool> ExistsAsync(string digest, CancellationToken ct = default) => await InfoAsync(digest, ct) is not null;

    /// <summary>Size and media type; null when it is not there.</summary>
    public async Task<ArtefactInfo?> InfoAsync(string digest, CancellationToken ct = default)
        => await PropertiesAsync(digest, ct) is { } there && !IsAbandoned(there.Value.Metadata) ? Info(digest, there.Value) : null;

    /// <summary>
    /// To be called before a document names an artefact that may have been stored long ago: makes it young, so that it is not collected before the document
    /// is written. False when it is not there.
    /// </summary>
    public async Task<bool> HoldAsync(string digest, CancellationToken ct = default)
        => await PropertiesAsync(digest, ct) is { } there && !IsAbandoned(there.Value.Metadata) && await TouchAsync(digest, there, ct);

    /// <summary>The bytes, checked.</summary>
    /// <exception cref="CatalogNotFoundException">No such artefact.</exception>
    /// <exception cref="DigestMismatchException">What is stored is not what was put there.</exception>
    public async Task<byte[]> ReadAsync(string digest, CancellationToken ct = default)
    {
        await using var stream = await OpenReadAsync(digest, ct);
        using var memory = new MemoryStream();
        await stream.CopyToAsync(memory, ct);
        return memory.TryGetBuffer(out var all) && all.Offset == 0 && all.Count == all.Array!.Length ? all.Array : memory.ToArray();
    }

    /// <summary>The bytes as a forward-only stream; its last read throws <see cref="DigestMismatchException"/> when they are not those stored.</summary>
    /// <exception cref="CatalogNotFoundException">No such artefact.</exception>
    public async Task<Stream> OpenReadAsync(string digest, CancellationToken ct = default)
    {
        try
        {
            var answer = await Blob(digest).DownloadStreamingAsync(cancellationToken: ct);
            return new VerifyingStream(answer.Value.Content, digest);
        }
        catch (RequestFailedException e) when (BlobFaults.IsBlobMissing(e))
        {
            throw new CatalogNotFoundException($"there is no artefact {digest}");
        }
    }

    /// <summary>The bytes as a stream whose position can be chosen before the first read; read whole they are checked. Null when they are not there.</summary>
    public async Task<Stream?> OpenContentAsync(string digest, CancellationToken ct = default)
        => await InfoAsync(digest, ct) is { } info ? new ArtefactContent(Blob(digest), digest, info.Size) : null;

    /// <summary>Deletes the bytes, for retention; false when they were not there. Who still names the digest finds nothing from then on.</summary>
    public async Task<bool> DeleteAsync(string digest, CancellationToken ct = default) => await Blob(digest).DeleteIfExistsAsync(cancellationToken: ct);

    /// <summary>Metadata of an empty blob that was made in order to throw away the blocks of an upload that was cut off.</summary>
    internal const string AbandonedKey = "abandoned";

    internal static bool IsAbandoned(IDictionary<string, string>? metadata) => metadata?.ContainsKey(AbandonedKey) == true;

    private static ArtefactInfo Info(string digest, BlobProperties properties)
        => new(digest, properties.ContentLength, properties.ContentType, properties.CreatedOn);

    private async Task<Response<BlobProperties>?> PropertiesAsync(string digest, CancellationToken ct)
    {
        try
        {
            return await Blob(digest).GetPropertiesAsync(cancellationToken: ct);
        }
        catch (RequestFailedException e) when (BlobFaults.IsBlobMissing(e))
        {
            return null;
        }
    }

    /// <summary>Makes the blob young, unless it is; false when it has gone. Both times are the storage's: our own clock may be wrong.</summary>
    private async Task<bool> TouchAsync(string digest, Response<BlobProperties> there, CancellationToken ct)
    {
        var now = there.GetRawResponse().Headers.Date ?? time.GetUtcNow();
        if (now - there.Value.LastModified < touchAge)
            return true;
        try
        {
            var metadata = new Dictionary<string, string>(there.Value.Metadata) { ["touched"] = now.ToString("O", CultureInfo.InvariantCulture) };
            await Blob(digest).SetMetadataAsync(metadata, cancellationToken: ct);
            return true;
        }
        catch (RequestFailedException e) when (BlobFaults.IsBlobMissing(e))
        {
            return false;
        }
    }

    private static MemoryStream ReadOnlyMemoryStream(ReadOnlyMemory<byte> bytes)
        => System.Runtime.InteropServices.MemoryMarshal.TryGetArray(bytes, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(bytes.ToArray(), writable: false);

    private BlockBlobClient Blob(string digest) => container.GetBlockBlobClient(Digest.BlobName(Digest.Check(digest)));

    private async Task<ArtefactInfo> PutSeekableAsync(Stream content, string mediaType, CancellationToken ct)
    {
        var start = content.Position;
        var digest = Digest.FromHash(await SHA256.HashDataAsync(content, ct));
        var size = content.Position - start;
        return await StoreAsync(
            digest,
            size,
            mediaType,
            (offset, count) =>
            {
                var block = new byte[count];
                content.Position = start + offset;
                content.ReadExactly(block);
                return new MemoryStream(block, writable: false);
            },
            ct);
    }

    private async Task<ArtefactInfo> StoreAsync(string digest, long size, string mediaType, Func<long, int, MemoryStream> slice, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(mediaType) || mediaType.Length > 255 || mediaType.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            throw new CatalogArgumentException($"media type: {ResourceName.Quote(mediaType)} is not a media type such as '{DefaultMediaType}'");
        var blob = Blob(digest);
        for (var attempt = 0; attempt < attempts; attempt++)
        {
            if (attempt > 1)
                await Backoff.WaitAsync(attempt, 4, 500, time, ct);
            if (await PropertiesAsync(digest, ct) is { } there)
            {
                if (IsAbandoned(there.Value.Metadata))
                    await blob.DeleteIfExistsAsync(conditions: new BlobRequestConditions { IfMatch = there.Value.ETag }, cancellationToken: ct);
                else if (there.Value.ContentLength != size)
                    throw new DigestMismatchException(digest, $"of {there.Value.ContentLength} bytes where {size} are right");
                else if (await TouchAsync(digest, there, ct))
                    return Info(digest, there.Value);
            }

            try
            {
                // A single request is refused where an earlier upload left blocks behind, staging is not: hence in blocks the second time.
                await UploadAsync(blob, digest, size, mediaType, slice, single: size <= BlockBytes && attempt == 0, ct);
            }
            catch (RequestFailedException e) when (BlobFaults.IsConflict(e) || e.ErrorCode == BlobErrorCode.InvalidBlockList)
            {
                // Somebody else (or our own request whose answer was lost) has just stored the same bytes; their commit also drops blocks staged by us.
            }
        }

        throw new CatalogConflictException($"the artefact {digest} could not be stored: others upload it, or delete it, all the time");
    }

    private static async Task UploadAsync(
        BlockBlobClient blob, string digest, long size, string mediaType, Func<long, int, MemoryStream> slice, bool single, CancellationToken ct)
    {
        var headers = new BlobHttpHeaders { ContentType = mediaType };
        var metadata = new Dictionary<string, string> { ["digest"] = digest };
        var once = new BlobRequestConditions { IfNoneMatch = ETag.All };
        if (single)
        {
            using var all = slice(0, (int)size);
            await blob.UploadAsync(all, new BlobUploadOptions { HttpHeaders = headers, Metadata = metadata, Conditions = once, TransferValidation = Md5 }, ct);
            return;
        }

        // 50,000 blocks are the most that a blob takes.
        var blockBytes = (int)Math.Max(BlockBytes, ((size / 50_000) + 1 + 0xFFFFF) & ~0xFFFFFL);
        var ids = new List<string>();
        for (long offset = 0; offset < size; offset += blockBytes)
        {
            var id = BlockId(ids.Count);
            ids.Add(id);
            using var block = slice(offset, (int)Math.Min(blockBytes, size - offset));
            await blob.StageBlockAsync(id, block, new BlockBlobStageBlockOptions { TransferValidation = Md5 }, ct);
        }

        await blob.CommitBlockListAsync(ids, new CommitBlockListOptions { HttpHeaders = headers, Metadata = metadata, Conditions = once }, ct);
    }

    // The same bytes make the same blocks under the same ids, so that two uploads at once do not disturb each other.
    private static string BlockId(int index)
    {
        Span<byte> id = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(id, index);
        return Convert.ToBase64String(id);
    }
}
