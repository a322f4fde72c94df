using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Iml4e.CatalogTrials.Faults;

/// <summary>
/// Stands before a blob service on a port of its own, and lets a share of the requests go wrong in every way that networks and services know.
/// </summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private static readonly FaultKind[] Kinds = Enum.GetValues<FaultKind>();
    private static readonly HashSet<string> HopByHop =
        new(StringComparer.OrdinalIgnoreCase) { "Connection", "Keep-Alive", "Transfer-Encoding", "Host", "Expect" };

    private readonly WebApplication app;
    private readonly HttpClient http;
    private readonly Uri target;
    private readonly double share;
    private readonly TimeSpan hang;
    private readonly Random random;
    private readonly ConcurrentDictionary<FaultKind, int> injected = new();
    private long requests;

    private FaultProxy(Uri target, double share, int seed, TimeSpan hang)
    {
        this.target = target;
        this.share = share;
        this.hang = hang;
        random = new Random(seed);
        http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false, MaxConnectionsPerServer = 64 })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
        });
        app = builder.Build();
        app.Run(HandleAsync);
    }

    /// <summary>Faults injected, by kind.</summary>
    public IReadOnlyDictionary<FaultKind, int> Injected => injected;

    /// <summary>Requests that came.</summary>
    public long Requests => Interlocked.Read(ref requests);

    /// <summary>Starts.</summary>
    /// <param name="connection">Connection string of the service, with its BlobEndpoint.</param>
    /// <param name="share">Share of the requests that go wrong.</param>
    /// <param name="seed">Of the choice.</param>
    /// <param name="hang">How long a request hangs that is never answered; longer than clients wait.</param>
    /// <returns>The proxy, and the connection string that leads through it.</returns>
    public static async Task<(FaultProxy Proxy, string Connection)> StartAsync(string connection, double share, int seed, TimeSpan hang)
    {
        const string key = "BlobEndpoint=";
        var begin = connection.IndexOf(key, StringComparison.Ordinal) + key.Length;
        var end = connection.IndexOf(';', begin);
        var endpoint = new Uri(connection[begin..end]);
        var proxy = new FaultProxy(new Uri(endpoint.GetLeftPart(UriPartial.Authority)), share, seed, hang);
        await proxy.app.StartAsync();
        var address = proxy.app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
        return (proxy, string.Concat(connection.AsSpan(0, begin), address, endpoint.AbsolutePath, connection.AsSpan(end)));
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        http.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        Interlocked.Increment(ref requests);
        var fault = Choose(context.Request);
        try
        {
            var body = await ReadAsync(context.Request, context.RequestAborted);
            switch (fault)
            {
                case FaultKind.Busy:
                    await RefuseAsync(context, 503, "ServerBusy");
                    return;
                case FaultKind.Throttled:
                    context.Response.Headers.RetryAfter = "1";
                    await RefuseAsync(context, 429, "TooManyRequests");
                    return;
                case FaultKind.ResetBefore:
                    context.Abort();
                    return;
                case FaultKind.TimeoutBefore:
                    await HangAsync(context);
                    return;
                case FaultKind.HalfWritten:
                    await ForwardHalfAsync(context, body);
                    context.Abort();
                    return;
            }

            // Whoever went away has sent the request all the same.
            using var answer =
                await http.SendAsync(Forwarded(context, new ByteArrayContent(body)), HttpCompletionOption.ResponseHeadersRead, CancellationToken.None);
            var content = await answer.Content.ReadAsByteArrayAsync(CancellationToken.None);
            switch (fault)
            {
                case FaultKind.BusyAfter:
                    await RefuseAsync(context, 503, "ServerBusy");
                    return;
                case FaultKind.ResetAfter:
                    context.Abort();
                    return;
                case FaultKind.TimeoutAfter:
                    await HangAsync(context);
                    return;
            }

            await AnswerAsync(context, answer, content, fault);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            context.Abort();
        }
    }

    private FaultKind? Choose(HttpRequest request)
    {
        lock (random)
        {
            if (random.NextDouble() >= share)
                return null;
            var kind = Kinds[random.Next(Kinds.Length)];
            if (kind == FaultKind.HalfWritten && !(request.ContentLength > 1))
                kind = FaultKind.ResetBefore;
            injected.AddOrUpdate(kind, 1, static (_, n) => n + 1);
            return kind;
        }
    }

    private static async Task<byte[]> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        using var memory = new MemoryStream();
        await request.Body.CopyToAsync(memory, ct);
        return memory.ToArray();
    }

    private HttpRequestMessage Forwarded(HttpContext context, HttpContent content)
    {
        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        // As it came: the signature is over it.
        var address = new Uri(target.GetLeftPart(UriPartial.Authority) + raw, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), address) { Version = HttpVersion.Version11 };
        var hasBody = context.Request.ContentLength is not null;
        if (hasBody)
            request.Content = content;
        foreach (var (name, values) in context.Request.Headers)
        {
            if (HopByHop.Contains(name))
                continue;
            if (!request.Headers.TryAddWithoutValidation(name, values.ToArray()) && hasBody)
                request.Content!.Headers.TryAddWithoutValidation(name, values.ToArray());
        }

        return request;
    }

    private async Task ForwardHalfAsync(HttpContext context, byte[] body)
    {
        try
        {
            using var answer = await http.SendAsync(Forwarded(context, new HalfContent(body)), CancellationToken.None);
        }
        catch (HttpRequestException)
        {
            // So it was meant.
        }
    }

    private async Task HangAsync(HttpContext context)
    {
        try
        {
            await Task.Delay(hang, context.RequestAborted);
        }
        finally
        {
            context.Abort();
        }
    }

    private static Task RefuseAsync(HttpContext context, int status, string code)
    {
        context.Response.StatusCode = status;
        context.Response.Headers["x-ms-error-code"] = code;
        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    private static async Task AnswerAsync(HttpContext context, HttpResponseMessage answer, byte[] content, FaultKind? fault)
    {
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
        {
            if (!HopByHop.Contains(name) && !(name == "Content-Length" && context.Request.Method != "HEAD"))
                context.Response.Headers[name] = values.ToArray();
        }

        if (fault == FaultKind.WrongClock)
            context.Response.Headers.Date = DateTimeOffset.UtcNow.AddHours(1).ToString("R", CultureInfo.InvariantCulture);
        if (context.Request.Method == "HEAD" || (int)answer.StatusCode is 204 or 304)
            return;
        context.Response.ContentLength = content.Length;
        if (fault == FaultKind.HalfAnswer)
        {
            await context.Response.Body.WriteAsync(content.AsMemory(0, content.Length / 2));
            await context.Response.Body.FlushAsync();
            context.Abort();
            return;
        }

        await context.Response.Body.WriteAsync(content);
    }

    /// <summary>A body that breaks off in the middle.</summary>
    private sealed class HalfContent(byte[] bytes) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(bytes.AsMemory(0, bytes.Length / 2));
            await stream.FlushAsync();
            throw new IOException("the connection breaks");
        }

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length;
            return true;
        }
    }
}
