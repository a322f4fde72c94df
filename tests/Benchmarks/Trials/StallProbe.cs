using System.Diagnostics;

namespace Iml4e.Benchmarks.Trials;

/// <summary>
/// Asks machine, storage and app for next to nothing, again and again, and remembers how long each took: what happened late at a time can then be put down to
/// whichever stood still at that time.
/// </summary>
internal sealed class StallProbe : IAsyncDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _over = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(60) };
    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<(DateTimeOffset From, TimeSpan Took)>> _seen = [];
    private readonly Task _running;

    /// <param name="storage">An address of the storage that answers at once, if only with a refusal.</param>
    /// <param name="app">One of the app.</param>
    public StallProbe(Uri storage, Uri app) =>
        _running = Task.WhenAll(
            LoopAsync("machine", () => Task.CompletedTask), LoopAsync("storage", () => AskAsync(storage)), LoopAsync("app", () => AskAsync(app)));

    /// <summary>The longest standstill of each in a time, as text.</summary>
    public string During(DateTimeOffset from, DateTimeOffset to)
    {
        lock (_lock)
        {
            return string.Join(", ", _seen.Select(part => FormattableString.Invariant(
                $"{part.Key} {part.Value.Where(p => p.From < to && p.From + p.Took > from).Select(p => p.Took.TotalSeconds).DefaultIfEmpty().Max():0.00} s")));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _running;
        _http.Dispose();
        _over.Dispose();
    }

    private async Task LoopAsync(string name, Func<Task> ask)
    {
        var seen = new List<(DateTimeOffset, TimeSpan)>();
        lock (_lock)
            _seen.Add(name, seen);
        try
        {
            while (true)
            {
                // A wait that lasts longer than it should is one of the machine, and of this process.
                var (from, started) = (DateTimeOffset.UtcNow, Stopwatch.GetTimestamp());
                await Task.Delay(Beat, _over.Token);
                var waited = Stopwatch.GetElapsedTime(started) - Beat;
                started = Stopwatch.GetTimestamp();
                await ask();
                lock (_lock)
                    seen.Add((from, name == "machine" ? waited : Stopwatch.GetElapsedTime(started)));
            }
        }
        catch (OperationCanceledException) when (_over.IsCancellationRequested)
        {
        }
    }

    private async Task AskAsync(Uri address)
    {
        using var response = await _http.GetAsync(address, _over.Token);
        await response.Content.ReadAsByteArrayAsync(_over.Token);
    }
}
