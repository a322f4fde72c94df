using System.Buffers;
using System.Security.Cryptography;
using Iml4e.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Tests.Unit.Functions.Http;

/// <summary>Bodies that are files: whole, within the limit, and not on the heap.</summary>
public sealed class UploadedFileTests
{
    private const long Limit = 256L << 20;
    private const int Attempts = 10;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1 << 20)]
    [InlineData((1 << 20) + 1)]
    [InlineData(5_000_001)]
    public async Task What_comes_is_there_as_bytes_and_as_a_stream(int length)
    {
        var content = RandomNumberGenerator.GetBytes(length);
        await using var file = await UploadedFile.ReadAsync(Request(new MemoryStream(content), null), Limit, CancellationToken.None);
        Assert.Equal(length == 0, file.IsEmpty);
        Assert.True(content.AsSpan().SequenceEqual(file.Bytes.Span));
        for (var again = 0; again < 2; again++)
        {
            await using var stream = file.OpenRead();
            Assert.Equal(length, stream.Length);
            using var read = new MemoryStream();
            await stream.CopyToAsync(read);
            stream.Position = 0;
            Assert.Equal(length > 0 ? content[0] : -1, stream.ReadByte());
            Assert.True(content.AsSpan().SequenceEqual(read.GetBuffer().AsSpan(0, (int)read.Length)));
        }
    }

    [Fact]
    public async Task A_large_body_does_not_fill_the_heap()
    {
        const int length = 100 << 20;
        var least = long.MaxValue;
        // Other tests allocate at the same time, but not each time; the body alone would be more.
        for (var i = 0; i < Attempts && least > length / 2; i++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await using var file = await UploadedFile.ReadAsync(Request(new Zeros(length), length), Limit, CancellationToken.None);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
            Assert.Equal(length, file.Bytes.Length);
            Assert.False(file.Bytes.Span.ContainsAnyExcept((byte)0));
        }

        Assert.InRange(least, 0, length / 2);
    }

    [Theory]
    [InlineData(3_000_001, 3_000_001L, 3_000_000)]
    [InlineData(3_000_001, null, 3_000_000)]
    [InlineData(101, null, 100)]
    public async Task More_than_the_limit_is_refused(int length, long? announced, long limit)
    {
        var refused = await Assert.ThrowsAsync<ApiException>(
            () => UploadedFile.ReadAsync(Request(new Zeros(length), announced), limit, CancellationToken.None));
        Assert.Equal(413, refused.Status);
    }

    [Fact]
    public async Task Whoever_still_has_it_pinned_may_read_after_the_end()
    {
        var file = await UploadedFile.ReadAsync(Request(new Zeros(3 << 20), null), Limit, CancellationToken.None);
        using var pinned = file.Bytes.Pin();
        await file.DisposeAsync();
        Assert.Equal(0, First(pinned));

        static unsafe byte First(MemoryHandle handle) => *(byte*)handle.Pointer;
    }

    private static HttpRequest Request(Stream body, long? announced)
    {
        var context = new DefaultHttpContext();
        (context.Request.Body, context.Request.ContentLength) = (body, announced);
        return context.Request;
    }

    private sealed class Zeros(long length) : Stream
    {
        private long _left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var count = (int)Math.Min(_left, buffer.Length);
            buffer[..count].Clear();
            _left -= count;
            return count;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
