using Microsoft.AspNetCore.Http;

namespace Iml4e.LocalRuntime.Hosting.Http;

/// <summary>
/// The body of a request whose length is not announced, in chunks, after which trailers may come. The server reports trailers that are no text (a NUL in them)
/// and chunks of a size beyond all numbers to whoever reads the body, as if that were a mistake of the reader; here it is the caller's.
/// </summary>
internal sealed class TrailedBody(Stream body) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellationToken);
        }
        catch (InvalidOperationException exception) when (exception.Message.Contains("header", StringComparison.OrdinalIgnoreCase))
        {
            throw new BadHttpRequestException("The trailers are not valid.", exception);
        }
        catch (IOException exception) when (exception.InnerException is OverflowException)
        {
            throw new BadHttpRequestException("The size of a chunk is not valid.", exception);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => body.Read(buffer, offset, count);

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
