using Iml4e.Catalog;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions.Maintenance;

/// <summary>What a verification of the catalogue found, with the first faults.</summary>
internal sealed record CatalogVerification(
    bool Intact, long Faults, IReadOnlyDictionary<string, long> Checked, IReadOnlyList<CatalogFault> First, bool More, DateTimeOffset VerifiedAt);

/// <summary>Looks at the whole catalogue: what is wrong in it, and what is garbage.</summary>
internal sealed class CatalogInspection(CatalogStore catalog, IOptions<AppOptions> options, TimeProvider time) : IDisposable
{
    private const int MaxFaults = 1000;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    private readonly FreshResult<VerificationScope, CatalogVerification> _verification = new(Fresh, time);
    private readonly FreshResult<TimeSpan, GarbageReport> _garbage = new(Fresh, time);

    /// <summary>Verifies a part of the catalogue, or all of it.</summary>
    public Task<CatalogVerification> VerifyAsync(VerificationScope scope, CancellationToken cancellationToken) => _verification.GetAsync(
        scope,
        async ct =>
        {
            var first = new List<CatalogFault>();
            var at = time.GetUtcNow();
            var summary = await catalog.Verifier.VerifyAsync(
                scope,
                fault =>
                {
                    if (first.Count < MaxFaults)
                        first.Add(fault);
                    return ValueTask.CompletedTask;
                },
                ct);
            return new CatalogVerification(summary.Intact, summary.Faults, summary.Checked, first, summary.Faults > first.Count, at);
        },
        cancellationToken);

    /// <summary>What would be collected now.</summary>
    public Task<GarbageReport> GarbageAsync(CancellationToken cancellationToken) =>
        _garbage.GetAsync(Grace, ct => catalog.Garbage.CollectAsync(Grace, dryRun: true, ct), cancellationToken);

    /// <summary>Deletes what is garbage.</summary>
    public Task<GarbageReport> CollectAsync(CancellationToken cancellationToken) => catalog.Garbage.CollectAsync(Grace, dryRun: false, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _verification.Dispose();
        _garbage.Dispose();
    }

    private TimeSpan Grace => options.Value.GarbageGrace < GarbageCollector.LeastGrace ? GarbageCollector.LeastGrace : options.Value.GarbageGrace;
}
