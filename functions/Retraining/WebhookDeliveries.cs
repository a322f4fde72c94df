using System.Security.Cryptography;
using System.Text;
using Iml4e.Catalog;

namespace Iml4e.Functions.Retraining;

/// <summary>The deliveries of webhooks in the last 24 hours, so that none is acted on twice, under its own id or another one.</summary>
internal sealed class WebhookDeliveries(CatalogStore catalog, TimeProvider time)
{
    private const string Path = "webhooks/deliveries.json";
    private const int Most = 20_000;
    private static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    /// <summary>Whether a delivery of this id, or of this body, has come before.</summary>
    public async Task<bool> IsKnownAsync(string id, string bodyHash, CancellationToken cancellationToken)
    {
        var limit = time.GetUtcNow() - Kept;
        var known = (await catalog.Documents.ReadAsync<Known>(Path, cancellationToken))?.Value.Deliveries ?? [];
        return known.Any(d => d.At > limit && (d.Key == KeyOf(id) || d.Key == bodyHash));
    }

    /// <summary>Remembers a delivery.</summary>
    public Task AddAsync(string id, string bodyHash, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return catalog.Documents.UpdateAsync<Known>(
            Path,
            old => new Known(
                [.. (old?.Deliveries ?? []).Where(d => d.At > now - Kept).TakeLast(Most - 2), new Delivery(KeyOf(id), now), new Delivery(bodyHash, now)]),
            cancellationToken);
    }

    private static string KeyOf(string id) => "id:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)))[..32];

    private sealed record Known(IReadOnlyList<Delivery> Deliveries);

    private sealed record Delivery(string Key, DateTimeOffset At);
}
