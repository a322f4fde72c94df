using System.Diagnostics;

namespace Iml4e.Benchmarks;

/// <summary>Callers that each send a request as soon as the one before is answered (a closed loop), over connections that stay open.</summary>
internal sealed class LoadGenerator(Uri address, BenchmarkRequest request) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false })
    {
        BaseAddress = address,
    };

    /// <summary>The 16-feature model's request.</summary>
    public LoadGenerator(Uri address)
        : this(address, new BenchmarkRequest(BenchmarkModel.InferPath, BenchmarkModel.Request()))
    {
    }

    /// <summary>Sends one request and gives the answer's body.</summary>
    /// <exception cref="HttpRequestException">The answer is no success.</exception>
    public async Task<byte[]> SendAsync(CancellationToken ct)
    {
        using var message = request.ToMessage();
        using var response = await _http.SendAsync(message, ct);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsByteArrayAsync(ct);
    }

    /// <summary>A page of the same server.</summary>
    public Task<string> GetAsync(string path, CancellationToken ct) => _http.GetStringAsync(path, ct);

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
