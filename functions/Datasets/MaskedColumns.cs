using Iml4e.Catalog;
using Iml4e.Functions.Pipelines;

namespace Iml4e.Functions.Datasets;

/// <summary>
/// The columns of a data set that are personal: those whose inputs are masked in the prediction log of a model that learns from it. What must not be read in the
/// log must not be read in what is said of the data either.
/// </summary>
internal sealed class MaskedColumns(CatalogStore catalog, PipelineStore pipelines)
{
    private const string History = "_history";

    /// <summary>Names of the masked columns.</summary>
    public async Task<IReadOnlySet<string>> OfAsync(string dataset, CancellationToken cancellationToken)
    {
        var masked = new HashSet<string>(StringComparer.Ordinal);
        foreach (var pipeline in await pipelines.BoundToAsync(dataset, cancellationToken))
        {
            if (await catalog.Models.GetAsync(pipeline.Name, cancellationToken) is not { Logging.Mask: { Count: > 0 } masks })
                continue;
            foreach (var input in masks.Select(m => m.Input).OfType<string>())
            {
                masked.Add(input);
                // Models have one input for a column and one for its past values.
                if (input.EndsWith(History, StringComparison.Ordinal))
                    masked.Add(input[..^History.Length]);
            }
        }

        return masked;
    }
}
