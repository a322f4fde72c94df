using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Iml4e.Catalog;

/// <summary>
/// An artefact's bytes from any position on, as a download that is resumed needs them. Read from the first byte to the last they are checked, and the last
/// read throws <see cref="DigestMismatchException"/> when they are not those stored; of a part the reader checks the whole when he has it.
/// </summary>
internal sealed class ArtefactContent(BlockBlobClient blob, string digest, long length) : Stream
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private Stream? inner;
    private long position;
    private bool whole;

    public override bool CanRead => true;

    public override bool CanSeek => inner is null;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => position;
        set => Seek(value, SeekOrigin.Begin);
    }

    public override long Seek(long offset, SeekOrigin origin)
    {
        if (inner is not null)
            throw new NotSupportedException("The position is chosen before the first read.");
        var wanted = origin switch { SeekOrigin.Begin => offset, SeekOrigin.Current => position + offset, _ => length + offset };
        ArgumentOutOfRangeException.ThrowIfNegative(wanted, nameof(offset));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(wanted, length, nameof(offset));
        return position = wanted;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || (position >= length && inner is null))
            return 0;
        inner ??= await OpenAsync(cancellationToken);
        var read = await inner.ReadAsync(buffer, cancellationToken);
        Take(buffer.Span[..read]);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("An artefact is read asynchronously.");

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner?.Dispose();
            hash.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task<Stream> OpenAsync(CancellationToken cancellationToken)
    {
        whole = position == 0;
        try
        {
            var answer = await blob.DownloadStreamingAsync(new BlobDownloadOptions { Range = new HttpRange(position) }, cancellationToken);
            return answer.Value.Content;
        }
        catch (RequestFailedException e) when (BlobFaults.IsBlobMissing(e))
        {
            throw new CatalogNotFoundException($"there is no artefact {digest}");
        }
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        position += bytes.Length;
        if (!whole)
            return;
        hash.AppendData(bytes);
        // Before the last bytes are handed on: who has read as many as were promised does not read again.
        if (position < length)
            return;
        whole = false;
        var actual = Digest.FromHash(hash.GetHashAndReset());
        if (actual != digest)
            throw new DigestMismatchException(digest, actual);
    }
}
