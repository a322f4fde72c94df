using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Iml4e.Catalog;

/// <summary>Lines of a blob, one at a time.</summary>
internal static class BlobLines
{
    // Small enough that a range of many small appends is not too much for the emulator, which opens a file for each of them.
    private const int Chunk = 256 * 1024;

    /// <summary>
    /// Each line from the position on, without its line break; the last one is not ended when the blob ends without a line break. Nothing when there is no
    /// such blob, or nothing after the position.
    /// </summary>
    public static async IAsyncEnumerable<(byte[] Line, bool Ended)> ReadAsync(
        BlobContainerClient container, string name, long position, [EnumeratorCancellation] CancellationToken ct)
    {
        var blob = container.GetBlobClient(name);
        var begun = new MemoryStream();
        while (true)
        {
            ReadOnlyMemory<byte> chunk;
            try
            {
                var answer = await blob.DownloadContentAsync(new BlobDownloadOptions { Range = new HttpRange(position, Chunk) }, ct);
                chunk = answer.Value.Content.ToMemory();
            }
            catch (RequestFailedException e) when (e.Status == 416 || BlobFaults.IsBlobMissing(e))
            {
                chunk = default;
            }

            position += chunk.Length;
            var rest = chunk;
            while (rest.Span.IndexOf((byte)'\n') is var end && end >= 0)
            {
                begun.Write(rest.Span[..end]);
                yield return (begun.ToArray(), true);
                begun.SetLength(0);
                rest = rest[(end + 1)..];
            }

            begun.Write(rest.Span);
            if (chunk.Length == Chunk)
                continue;
            if (begun.Length > 0)
                yield return (begun.ToArray(), false);
            yield break;
        }
    }
}
