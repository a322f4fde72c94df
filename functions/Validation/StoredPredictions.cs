using Iml4e.Catalog;

namespace Iml4e.Functions.Validation;

/// <summary>Predictions that were put beside a data set.</summary>
internal sealed record StoredPredictions
{
    /// <summary>The data set.</summary>
    public required string Dataset { get; init; }

    /// <summary>Their name: that of the model as a rule.</summary>
    public required string Name { get; init; }

    /// <summary>The COCO result file.</summary>
    public required string Digest { get; init; }

    /// <summary>Its bytes.</summary>
    public required long Size { get; init; }

    /// <summary>When they were put there.</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>Who put them there.</summary>
    public required string ChangedBy { get; init; }

    /// <summary>The newest predictions of a name; null where there are none.</summary>
    public static async Task<StoredPredictions?> FindAsync(CatalogStore catalog, string dataset, string name, CancellationToken cancellationToken) =>
        ResourceName.IsValid(dataset) && ResourceName.IsValid(name)
            ? (await catalog.Documents.ReadAsync<StoredPredictions>(PathOf(dataset, name), cancellationToken))?.Value
            : null;

    /// <summary>Where the predictions for a data set are.</summary>
    public static string FolderOf(string dataset) => $"predictions-for/{dataset}/";

    /// <summary>Where predictions are.</summary>
    public static string PathOf(string dataset, string name) => $"{FolderOf(dataset)}{name}.json";
}
