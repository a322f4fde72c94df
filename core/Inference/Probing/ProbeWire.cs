using System.Buffers.Binary;
using System.Text.Json;

namespace Iml4e.Inference.Probing;

/// <summary>How the two processes talk: a length in four bytes, a JSON document, and with a request a length in four bytes and the model.</summary>
internal static class ProbeWire
{
    private const int LongestDocument = 64 << 20;

    internal static async Task WriteAsync<T>(Stream stream, T document, ReadOnlyMemory<byte>? attachment, CancellationToken ct)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(document);
        await WriteAsync(stream, json, ct).ConfigureAwait(false);
        if (attachment is { } bytes)
            await WriteAsync(stream, bytes, ct).ConfigureAwait(false);
        await stream.FlushAsync(ct).ConfigureAwait(false);
    }

    /// <summary>The next document; null at the end of the stream.</summary>
    internal static async Task<T?> ReadAsync<T>(Stream stream, CancellationToken ct)
        where T : class =>
        await ReadBytesAsync(stream, LongestDocument, ct).ConfigureAwait(false) is { } json ? JsonSerializer.Deserialize<T>(json) : null;

    /// <summary>The next run of bytes; null at the end of the stream.</summary>
    /// <exception cref="InvalidDataException">It claims to be longer than the limit.</exception>
    internal static async Task<byte[]?> ReadBytesAsync(Stream stream, int limit, CancellationToken ct)
    {
        var head = new byte[4];
        if (await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, ct).ConfigureAwait(false) < head.Length)
            return null;
        var length = BinaryPrimitives.ReadInt32LittleEndian(head);
        if (length < 0 || length > limit)
            throw new InvalidDataException("what arrived is no message of a probe");
        var bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes, ct).ConfigureAwait(false);
        return bytes;
    }

    private static async Task WriteAsync(Stream stream, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        var head = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(head, bytes.Length);
        await stream.WriteAsync(head, ct).ConfigureAwait(false);
        await stream.WriteAsync(bytes, ct).ConfigureAwait(false);
    }
}
