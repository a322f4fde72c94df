namespace Iml4e.Catalog;

/// <summary>Exponential back-off with full jitter.</summary>
internal static class Backoff
{
    /// <summary>Waits a random time up to min(most, first * 2^attempt).</summary>
    public static Task WaitAsync(int attempt, double firstMs, double mostMs, TimeProvider time, CancellationToken ct)
    {
        var limit = Math.Min(mostMs, firstMs * Math.Pow(2, Math.Min(attempt, 30)));
        return Task.Delay(TimeSpan.FromMilliseconds(limit * Random.Shared.NextDouble()), time, ct);
    }
}
