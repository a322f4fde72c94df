using System.Buffers;
using System.IO.MemoryMappedFiles;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iml4e.Functions.Http;

/// <summary>
/// A file that came as the body of a request or from the storage, read to its end: in memory while it is small, else in a temporary file, so that neither what is announced nor what
/// comes fills the heap. Its bytes are looked at where they are, a file's through the page cache.
/// </summary>
internal sealed class UploadedFile : IAsyncDisposable
{
    private const int MemoryBytes = 1 << 20;
    private const int ChunkBytes = 128 * 1024;

    private readonly FileStream? _file;
    private readonly MappedFile? _mapped;

    private UploadedFile(ReadOnlyMemory<byte> bytes, FileStream? file, MappedFile? mapped) => (Bytes, _file, _mapped) = (bytes, file, mapped);

    /// <summary>The bytes; not to be used after the file is disposed of.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Whether nothing came.</summary>
    public bool IsEmpty => Bytes.IsEmpty;

    /// <summary>Reads the body of a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="limit">Most bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ApiException">413 when there are more bytes, 503 when there is no room for them.</exception>
    public static async Task<UploadedFile> ReadAsync(HttpRequest request, long limit, CancellationToken cancellationToken)
    {
        limit = Math.Min(limit, Array.MaxLength);
        if (request.ContentLength > limit)
            throw RequestBody.TooLarge(limit);
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = limit;
        return await ReadAsync(request.Body, request.ContentLength ?? 0, limit, cancellationToken);
    }

    /// <summary>Reads a stream to its end.</summary>
    /// <param name="body">The stream.</param>
    /// <param name="announced">Bytes that are expected; 0 when that is not known.</param>
    /// <param name="limit">Most bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ApiException">413 when there are more bytes, 503 when there is no room for them.</exception>
    public static async Task<UploadedFile> ReadAsync(Stream body, long announced, long limit, CancellationToken cancellationToken)
    {
        limit = Math.Min(limit, Array.MaxLength);
        var chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        FileStream? file = null;
        try
        {
            // The announced length is only a claim: memory grows with what really comes.
            var memory = new MemoryStream((int)Math.Clamp(announced, 1024, ChunkBytes));
            var length = 0L;
            int read;
            while ((read = await body.ReadAsync(chunk, cancellationToken)) > 0)
            {
                if ((length += read) > limit)
                    throw RequestBody.TooLarge(limit);
                if (file is null && length > MemoryBytes)
                {
                    file = Open();
                    Write(file, memory.GetBuffer().AsSpan(0, (int)memory.Length));
                    memory = new MemoryStream();
                }

                if (file is null)
                    memory.Write(chunk, 0, read);
                else
                    Write(file, chunk.AsSpan(0, read));
            }

            if (file is null)
                return new UploadedFile(memory.GetBuffer().AsMemory(0, (int)memory.Length), null, null);
            file.Flush();
            var mapped = new MappedFile(file, (int)length);
            return new UploadedFile(mapped.Memory, file, mapped);
        }
        catch
        {
            if (file is not null)
                await file.DisposeAsync();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    /// <summary>The file from its start, to be read by one reader at a time; closing it does no harm.</summary>
    public Stream OpenRead()
    {
        if (_file is null)
            return System.Runtime.InteropServices.MemoryMarshal.TryGetArray(Bytes, out var array)
                ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
                : throw new InvalidOperationException("a small file is kept in an array");
        return _mapped!.OpenRead();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        ((IDisposable?)_mapped)?.Dispose();
        if (_file is not null)
            await _file.DisposeAsync();
    }

    private static FileStream Open()
    {
        try
        {
            var file = new FileStream(
                Path.Combine(Path.GetTempPath(), "iml4e-" + Path.GetRandomFileName()),
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0, Options = FileOptions.DeleteOnClose,
                });
            // Without its name it is gone with the process, however that ends.
            if (!OperatingSystem.IsWindows())
                File.Delete(file.Name);
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NoRoom();
        }
    }

    private static void Write(FileStream file, ReadOnlySpan<byte> bytes)
    {
        try
        {
            file.Write(bytes);
        }
        catch (IOException)
        {
            throw NoRoom();
        }
    }

    private static ApiException NoRoom() => new(503, "upload.no_room", "There is no room for the upload in the app's temporary folder; try again later.");

    /// <summary>A file as memory; whoever has pinned it keeps it mapped.</summary>
    private sealed unsafe class MappedFile : MemoryManager<byte>
    {
        private readonly MemoryMappedFile _map;
        private readonly MemoryMappedViewAccessor _view;
        private readonly byte* _start;
        private readonly int _length;

        public MappedFile(FileStream file, int length)
        {
            _map = MemoryMappedFile.CreateFromFile(file, null, length, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            _view = _map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
            _start += _view.PointerOffset;
            _length = length;
        }

        public Stream OpenRead() => _map.CreateViewStream(0, _length, MemoryMappedFileAccess.Read);

        public override Span<byte> GetSpan() => new(_start, _length);

        public override MemoryHandle Pin(int elementIndex = 0)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)_length);
            var held = false;
            _view.SafeMemoryMappedViewHandle.DangerousAddRef(ref held);
            return new MemoryHandle(_start + elementIndex, default, this);
        }

        public override void Unpin() => _view.SafeMemoryMappedViewHandle.DangerousRelease();

        protected override void Dispose(bool disposing)
        {
            if (!disposing)
                return;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _map.Dispose();
        }
    }
}
