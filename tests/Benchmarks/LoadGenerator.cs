using System.Diagnostics;
using System.Net.Http.Headers;

namespace Iml4e.Benchmarks;

/// <summary>Callers that each send a request as soon as the one before is answered (a closed loop), over connections that stay open.</summary>
internal sealed class LoadGenerator(Uri address) : IDisposable
{
    private static readonly byte[] Body = BenchmarkModel.Request();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false })
    {
        BaseAddress = address,
    };

    /// <summary>Sends one request and gives the answer's body.</summary>
    /// <exception cref="HttpRequestException">The answer is no success.</exception>
    public async Task<byte[]> SendAsync(CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, BenchmarkModel.InferPath) { Content = new ByteArrayContent(Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await _http.SendAsync(request, ct);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsByteArrayAsync(ct);
    }

    /// <summary>Runs so many callers for a while.</summary>
    /// <returns>Latencies in milliseconds and requests a second.</returns>
    public async Task<(IReadOnlyList<double> Latencies, double Throughput)> RunAsync(int callers, TimeSpan time, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        var all = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(CallAsync, ct)));
        var elapsed = Stopwatch.GetElapsedTime(started);
        var latencies = all.SelectMany(l => l).ToList();
        return (latencies, latencies.Count / elapsed.TotalSeconds);

        async Task<List<double>> CallAsync()
        {
            var own = new List<double>(4096);
            while (Stopwatch.GetElapsedTime(started) < time)
            {
                var sent = Stopwatch.GetTimestamp();
                await SendAsync(ct);
                own.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            }

            return own;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
