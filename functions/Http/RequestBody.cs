using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Validation;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iml4e.Functions.Http;

/// <summary>Reads request bodies with a cap, as bytes or as a JSON or YAML document.</summary>
internal static class RequestBody
{
    /// <summary>Largest document that a person writes: 1 MiB.</summary>
    public const int MaxDocumentBytes = 1 << 20;

    /// <summary>Reads the whole body; 413 when it is larger than the limit.</summary>
    public static async Task<ReadOnlyMemory<byte>> ReadBytesAsync(HttpRequest request, long limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit)
            throw TooLarge(limit);
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = limit;
        // The announced length is only a claim: memory grows with what really comes.
        using var buffer = new MemoryStream((int)Math.Clamp(request.ContentLength ?? 0, 1024, MaxDocumentBytes));
        var chunk = System.Buffers.ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            int read;
            while ((read = await request.Body.ReadAsync(chunk, cancellationToken)) > 0)
            {
                if (buffer.Length + read > limit)
                    throw TooLarge(limit);
                buffer.Write(chunk, 0, read);
            }
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(chunk);
        }

        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    /// <summary>Reads a JSON or YAML document, by content type, or by its look when none is given. Null when the body is empty.</summary>
    public static async Task<JsonNode?> ReadDocumentAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var bytes = await ReadBytesAsync(request, MaxDocumentBytes, cancellationToken);
        return Parse(bytes.Span, request.ContentType);
    }

    /// <summary>Reads a document into a type; see <see cref="DocumentJson.Read{T}"/>.</summary>
    public static async Task<T> ReadAsync<T>(HttpRequest request, CancellationToken cancellationToken)
        where T : class => DocumentJson.Read<T>(await ReadDocumentAsync(request, cancellationToken));

    /// <summary>Like <see cref="ReadAsync{T}"/>, but an empty body gives the defaults.</summary>
    public static async Task<T> ReadOrDefaultAsync<T>(HttpRequest request, CancellationToken cancellationToken)
        where T : class, new() => await ReadDocumentAsync(request, cancellationToken) is { } node ? DocumentJson.Read<T>(node) : new T();

    /// <summary>Parses a document: JSON, or YAML without aliases.</summary>
    /// <exception cref="DocumentException">The text is neither; names line and column.</exception>
    public static JsonNode? Parse(ReadOnlySpan<byte> utf8, string? contentType)
    {
        utf8 = utf8.TrimStart("\uFEFF"u8).Trim(" \t\r\n"u8);
        if (utf8.IsEmpty)
            return null;
        var yaml = contentType?.Contains("yaml", StringComparison.OrdinalIgnoreCase) == true
            || (contentType?.Contains("json", StringComparison.OrdinalIgnoreCase) != true && utf8[0] != '{' && utf8[0] != '[');
        if (yaml)
            return YamlDocument.Parse(utf8);
        try
        {
            var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = 32 });
            var node = JsonNode.Parse(ref reader);
            if (reader.Read())
                throw new DocumentException("", "There is text after the end of the document.");
            Materialise(node, 0);
            return node;
        }
        catch (JsonException e)
        {
            throw new DocumentException(DocumentJson.PathOf(e), $"not valid JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            throw new DocumentException("", "not a valid document: a field is given twice or a text is not valid UTF-8");
        }
    }

    // JsonNode is lazy: duplicate fields and broken texts are found on first access only.
    private static void Materialise(JsonNode? node, int depth)
    {
        switch (node)
        {
            case JsonObject o:
                foreach (var (_, value) in o)
                    Materialise(value, depth + 1);
                break;
            case JsonArray a:
                foreach (var value in a)
                    Materialise(value, depth + 1);
                break;
            case JsonValue v when v.GetValueKind() == JsonValueKind.String:
                _ = v.GetValue<string>();
                break;
        }
    }

    /// <summary>413, with the limit.</summary>
    internal static ApiException TooLarge(long limit) =>
        new(413, "body.too_large", $"The body is larger than the limit of {limit} bytes.");
}
