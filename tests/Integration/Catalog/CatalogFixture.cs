using Azure.Core;
using Azure.Storage.Blobs;
using Iml4e.Catalog;

namespace Iml4e.Tests.Integration.Catalog;

/// <summary>Catalogues on the shared emulator, each test with containers of its own.</summary>
internal static class CatalogFixture
{
    /// <summary>A catalogue; the same prefix gives another process's view of the same data.</summary>
    /// <param name="prefix">Of the containers.</param>
    /// <param name="change">Other options.</param>
    /// <param name="faults">Drops answers.</param>
    /// <param name="time">The clock.</param>
    public static CatalogStore Open(string prefix, Func<CatalogOptions, CatalogOptions>? change = null, LostAnswers? faults = null, TimeProvider? time = null)
    {
        var options = CatalogStore.ClientOptions();
        if (faults is not null)
        {
            options.Retry.Delay = TimeSpan.FromMilliseconds(1);
            options.Retry.MaxDelay = TimeSpan.FromMilliseconds(20);
            options.AddPolicy(faults, HttpPipelinePosition.PerRetry);
        }

        var settings = new CatalogOptions { ContainerPrefix = prefix };
        return new CatalogStore(new BlobServiceClient(Azurite.Shared.ConnectionString, options), change?.Invoke(settings) ?? settings, time);
    }

    /// <summary>A new catalogue and the prefix of its containers.</summary>
    public static async Task<(CatalogStore Store, string Prefix)> CreateAsync(
        Func<CatalogOptions, CatalogOptions>? change = null, LostAnswers? faults = null, TimeProvider? time = null)
    {
        var prefix = Azurite.UniqueName("c");
        await using var plain = Open(prefix);
        await plain.InitializeAsync();
        return (Open(prefix, change, faults, time), prefix);
    }

    public static PredictionRecord Prediction(CatalogStore store, string model, DateTimeOffset at, int number) => new()
    {
        Id = store.Predictions.NewId(model, at),
        At = at,
        Model = model,
        Version = "1",
        Digest = Digest.Of("m"u8),
        UnitHash = UnitHash.Of($"unit-{number}"),
        Predicted = [number],
    };
}

/// <summary>A clock that is set by hand.</summary>
internal sealed class SetClock(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}
