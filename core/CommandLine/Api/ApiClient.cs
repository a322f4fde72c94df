using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Iml4e.CommandLine.Api;

/// <summary>Speaks to the function app over HTTP: JSON in and out, problem details turned into readable errors, repetition until acknowledged.</summary>
internal sealed class ApiClient : IDisposable
{
    private const int LargestAnswerBytes = 256 * 1024 * 1024;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly HttpClient _http;

    /// <summary>Creates a client.</summary>
    /// <param name="address">Root address of the app.</param>
    /// <param name="key">Function key, sent as <c>x-functions-key</c>; null where the app asks for none.</param>
    /// <param name="handler">How requests are sent; a pooled connection handler when null.</param>
    public ApiClient(Uri address, string? key = null, HttpMessageHandler? handler = null)
    {
        var text = address.AbsoluteUri;
        handler ??= new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30), ConnectTimeout = TimeSpan.FromSeconds(5) };
        _http = new HttpClient(handler)
        {
            BaseAddress = new Uri(text.EndsWith('/') ? text : text + "/"),
            Timeout = TimeSpan.FromMinutes(5),
            MaxResponseContentBufferSize = LargestAnswerBytes,
        };
        if (!string.IsNullOrEmpty(key))
            _http.DefaultRequestHeaders.Add("x-functions-key", key);
        _http.DefaultRequestHeaders.Add("x-iml4e-actor", "iml4e command line");
    }

    /// <summary>Root address of the app.</summary>
    public Uri Address => _http.BaseAddress!;

    /// <summary>Reads a JSON resource.</summary>
    /// <exception cref="ApiException">The app answered with an error status.</exception>
    public async Task<JsonNode> GetAsync(string path, CancellationToken ct) =>
        (await SendAsync(HttpMethod.Get, path, null, null, ct)).Body
        ?? throw new ApiException(HttpStatusCode.BadGateway, $"GET /{path}: the answer is not JSON.");

    /// <summary>Sends a JSON document.</summary>
    public Task<ApiReply> SendJsonAsync(HttpMethod method, string path, JsonNode body, IReadOnlyDictionary<string, string>? headers, CancellationToken ct)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(body);
        return SendAsync(method, path, () => Bytes(bytes, "application/json"), headers, ct);
    }

    /// <summary>Sends bytes of a media type.</summary>
    public Task<ApiReply> SendBytesAsync(
        HttpMethod method, string path, byte[] body, string mediaType, IReadOnlyDictionary<string, string>? headers, CancellationToken ct) =>
        SendAsync(method, path, () => Bytes(body, mediaType), headers, ct);

    /// <summary>Sends a request once.</summary>
    /// <param name="method">HTTP method.</param>
    /// <param name="path">Path and query without the leading slash.</param>
    /// <param name="content">Makes the body; null for none.</param>
    /// <param name="headers">Further request headers.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <exception cref="ApiException">The app answered with an error status.</exception>
    public async Task<ApiReply> SendAsync(
        HttpMethod method, string path, Func<HttpContent>? content, IReadOnlyDictionary<string, string>? headers, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, path);
        if (content is not null)
            request.Content = content();
        foreach (var (name, value) in headers ?? new Dictionary<string, string>())
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, ct);
        var text = await response.Content.ReadAsByteArrayAsync(ct);
        if (!response.IsSuccessStatusCode)
            throw new ApiException(response.StatusCode, ProblemText.Describe(method.Method, path, response.StatusCode, text));
        return new ApiReply(response.StatusCode, response.Headers, ReadJson(text, response.Content.Headers.ContentType?.MediaType));
    }

    /// <summary>Downloads a resource as bytes; null when the app does not offer it (404, 406, 415 or 501).</summary>
    public async Task<byte[]?> DownloadAsync(string path, CancellationToken ct)
    {
        using var response = await _http.GetAsync(new Uri(path, UriKind.Relative), ct);
        var bytes = await response.Content.ReadAsByteArrayAsync(ct);
        if ((int)response.StatusCode is 404 or 406 or 415 or 501)
            return null;
        return response.IsSuccessStatusCode
            ? bytes
            : throw new ApiException(response.StatusCode, ProblemText.Describe("GET", path, response.StatusCode, bytes));
    }

    /// <summary>
    /// Repeats a call until the app acknowledges it: connections that break, time-outs and server errors are tried again with growing pauses of at most
    /// a second; errors that are the caller's fault are not. The call must be idempotent or its repetition harmless.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="patience">How long to go on trying.</param>
    /// <param name="ct">Gives up.</param>
    public static async Task<T> UntilAcknowledgedAsync<T>(Func<CancellationToken, Task<T>> call, TimeSpan patience, CancellationToken ct)
    {
        var deadline = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        for (var pause = TimeSpan.FromMilliseconds(50); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                return await call(ct);
            }
            catch (Exception e) when (IsPassing(e, ct) && Environment.TickCount64 < deadline)
            {
                await Task.Delay(pause, ct);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static bool IsPassing(Exception e, CancellationToken ct) => e switch
    {
        ApiException api => !api.IsCallersFault,
        HttpRequestException or IOException => true,
        // HttpClient reports its own time-out as a cancellation.
        TaskCanceledException => !ct.IsCancellationRequested,
        _ => false,
    };

    private static ByteArrayContent Bytes(byte[] body, string mediaType)
    {
        var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", mediaType);
        return content;
    }

    private static JsonNode? ReadJson(byte[] body, string? mediaType)
    {
        if (body.Length == 0 || mediaType is null || !mediaType.Contains("json", StringComparison.OrdinalIgnoreCase))
            return null;
        try
        {
            return JsonNode.Parse(body);
        }
        catch (JsonException e)
        {
            var start = Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 80)));
            throw new ApiException(HttpStatusCode.BadGateway, $"The answer is not the JSON that its media type promises: {start} ({e.Message})");
        }
    }
}
