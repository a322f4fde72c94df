using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Iml4e.Catalog;

/// <summary>Lines of a stream, one at a time.</summary>
internal static class BlobLines
{
    /// <summary>Each line without its line break; the last one is not ended when the stream ends without a line break.</summary>
    public static async IAsyncEnumerable<(byte[] Line, bool Ended)> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken ct)
    {
        var pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024));
        try
        {
            while (true)
            {
                var result = await pipe.ReadAsync(ct);
                var buffer = result.Buffer;
                while (buffer.PositionOf((byte)'\n') is { } end)
                {
                    yield return (buffer.Slice(0, end).ToArray(), true);
                    buffer = buffer.Slice(buffer.GetPosition(1, end));
                }

                if (result.IsCompleted)
                {
                    if (!buffer.IsEmpty)
                        yield return (buffer.ToArray(), false);
                    yield break;
                }

                pipe.AdvanceTo(buffer.Start, buffer.End);
            }
        }
        finally
        {
            await pipe.CompleteAsync();
        }
    }
}
