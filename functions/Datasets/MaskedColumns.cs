using System.Collections.Concurrent;
using Iml4e.Catalog;
using Iml4e.Functions.Pipelines;

namespace Iml4e.Functions.Datasets;

/// <summary>
/// The columns of a data set that are personal: those whose inputs are masked in the prediction log of a model that learns from it. What must not be read in
/// the log must not be read in what is said of the data either. Which data a model learns from its pipeline says; of a model without a pipeline its newest
/// versions, as far as they were registered with their data set.
/// </summary>
internal sealed class MaskedColumns(CatalogStore catalog, PipelineStore pipelines)
{
    private const string History = "_history";
    private const int NewestVersions = 10;

    // Versions do not change.
    private readonly ConcurrentDictionary<(string Model, string Key), string?> _datasets = new();

    /// <summary>Names of the masked columns.</summary>
    public async Task<IReadOnlySet<string>> OfAsync(string dataset, CancellationToken cancellationToken)
    {
        var masked = new HashSet<string>(StringComparer.Ordinal);
        var bound = (await pipelines.ListAsync(cancellationToken)).ToDictionary(p => p.Name, p => p.Data.Dataset, StringComparer.Ordinal);
        foreach (var model in await catalog.Models.ListAsync(cancellationToken))
        {
            if (model.Logging is not { Mask: { Count: > 0 } masks })
                continue;
            if (!(bound.TryGetValue(model.Name, out var own) ? own == dataset : await LearntFromAsync(model, dataset, cancellationToken)))
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

    private async Task<bool> LearntFromAsync(Model model, string dataset, CancellationToken cancellationToken)
    {
        foreach (var version in model.Versions.TakeLast(NewestVersions))
        {
            if (!_datasets.TryGetValue((model.Name, version.Key), out var learnt))
            {
                learnt = (await catalog.Models.GetVersionAsync(model.Name, version.Version, cancellationToken))?.DatasetVersion?.Split('/')[0];
                _datasets[(model.Name, version.Key)] = learnt;
            }

            if (learnt == dataset)
                return true;
        }

        return false;
    }
}
