using System.Buffers;
using System.Globalization;
using Iml4e.Inference;
using Iml4e.Inference.OpenInference;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iml4e.Functions.Serving;

/// <summary>The body of an inference request in borrowed memory.</summary>
/// <param name="Bytes">The whole body.</param>
/// <param name="JsonLength">Length of its JSON part when tensors follow it; null when all of it is JSON, 0 when all of it is one tensor.</param>
/// <param name="Memory">Holds it, and whatever is read out of it.</param>
internal sealed record InferenceBody(ReadOnlyMemory<byte> Bytes, long? JsonLength, RentedMemory Memory)
{
    /// <summary>Header with the length of the JSON part, in requests and in answers.</summary>
    public const string LengthHeader = "Inference-Header-Content-Length";

    private const int FirstBlock = 4096;
    private const int MostAtOnce = 1 << 20;
    private const int Alignment = 8;

    /// <summary>Its JSON part; empty when there is none, or not as much as was announced.</summary>
    public ReadOnlySpan<byte> Json => JsonLength is not { } length ? Bytes.Span : length <= Bytes.Length ? Bytes.Span[..(int)length] : default;

    /// <summary>Reads the whole body.</summary>
    /// <param name="http">The request.</param>
    /// <param name="limit">Bytes at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OpenInferenceException">400: the header is no length; 413: the body is larger than the limit.</exception>
    public static async Task<InferenceBody> ReadAsync(HttpRequest http, long limit, CancellationToken cancellationToken)
    {
        var jsonLength = ReadLength(http);
        if (http.ContentLength > limit)
            throw TooLarge(limit);
        if (http.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = limit;

        // The JSON part is put so that the first tensor after it begins on a boundary, where it can be used in place. The announced length of the body is
        // only a claim: memory grows with what really comes.
        var start = jsonLength is { } length ? (int)((Alignment - (length % Alignment)) % Alignment) : 0;
        var buffer = ArrayPool<byte>.Shared.Rent(start + (int)Math.Clamp((http.ContentLength ?? 0) + 1, FirstBlock, MostAtOnce));
        var end = start;
        int read;
        while ((read = await http.Body.ReadAsync(buffer.AsMemory(end), cancellationToken)) > 0)
        {
            end += read;
            if (end - start > limit)
                throw TooLarge(limit);
            if (end - start == http.ContentLength)
                break;
            if (end == buffer.Length)
                buffer = Grow(buffer, end);
        }

        var memory = new RentedMemory();
        memory.Adopt(buffer);
        return new InferenceBody(buffer.AsMemory(start, end - start), jsonLength, memory);
    }

    /// <summary>Reads the request out of the body.</summary>
    /// <exception cref="OpenInferenceException">It is not one for this model.</exception>
    public InferenceRequest Read(ModelMetadata metadata) => JsonLength is { } length
        ? InferenceJson.ReadBinary(Bytes, length, metadata, Memory)
        : InferenceJson.Read(Bytes, metadata, Memory);

    private static byte[] Grow(byte[] buffer, int used)
    {
        var larger = ArrayPool<byte>.Shared.Rent(2 * buffer.Length);
        buffer.AsSpan(0, used).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private static long? ReadLength(HttpRequest http)
    {
        if (!http.Headers.TryGetValue(LengthHeader, out var text))
            return null;
        return long.TryParse(text.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            ? length
            : throw new OpenInferenceException(400, $"header {LengthHeader} must be the number of bytes of the JSON part");
    }

    private static OpenInferenceException TooLarge(long limit) =>
        new(413, string.Create(CultureInfo.InvariantCulture, $"the body is larger than the limit of {limit} bytes"));
}
