using Iml4e.Catalog;

namespace Iml4e.Tests.Integration.Catalog;

public sealed class VerifierTests
{
    [Fact]
    public async Task A_catalogue_as_it_was_written_is_intact_and_each_damage_is_told_with_its_path()
    {
        var damaged = await DamagedCatalogue.CreateAsync();
        await using var store = damaged.Store;

        // Everything but the size of a part is right as yet.
        var (before, size) = await VerifyAsync(store);
        Assert.StartsWith(DamagedCatalogue.SizedPlace, Assert.Single(size).Path, StringComparison.Ordinal);
        Assert.Equal("size", size[0].Kind);
        Assert.Equal(
            """{"aliasMoves":4,"artefacts":3,"auditEntries":4,"auditLogs":2,"datasetManifests":5,"datasetVersions":5,"datasets":3,"documents":2,"modelVersions":4,"models":2,"predictions":2,"references":11,"runs":2}""",
            System.Text.Json.JsonSerializer.Serialize(before.Checked));

        await damaged.DamageAsync();
        var (after, faults) = await VerifyAsync(store);
        Assert.False(after.Intact);
        Assert.Equal(damaged.Faults, faults.Select(f => DamagedCatalogue.Told(f.Path, f.Kind)).Order(StringComparer.Ordinal));
        Assert.All(faults, f => Assert.NotEmpty(f.Problem));
        Assert.Equal(["audit/n/2"], (await VerifyAsync(store, VerificationScope.Audit)).Faults.Select(f => f.Path));
    }

    [Fact]
    public async Task A_walk_tells_how_far_it_is_and_ends_soon_after_it_is_cancelled()
    {
        var (store, _) = await CatalogFixture.CreateAsync();
        await using var owned = store;
        const int All = 200;
        await Parallel.ForEachAsync(Enumerable.Range(0, All), async (i, ct) => await store.Artefacts.PutAsync(BitConverter.GetBytes(i), ct: ct));
        using var cancelled = new CancellationTokenSource();
        var told = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.Verifier.VerifyAsync(
            VerificationScope.Artefacts,
            _ => ValueTask.CompletedTask,
            looked =>
            {
                Interlocked.Increment(ref told);
                if (looked == 5)
                    cancelled.Cancel();
            },
            cancelled.Token));
        Assert.InRange(told, 5, All / 2);
    }

    private static async Task<(VerificationSummary Summary, List<CatalogFault> Faults)> VerifyAsync(
        CatalogStore store, VerificationScope scope = VerificationScope.All)
    {
        var faults = new List<CatalogFault>();
        var summary = await store.Verifier.VerifyAsync(scope, fault =>
        {
            faults.Add(fault);
            return ValueTask.CompletedTask;
        });
        Assert.Equal(faults.Count, summary.Faults);
        return (summary, faults);
    }
}
