using System.Globalization;
using Iml4e.Catalog;

namespace Iml4e.Functions.Experiments;

/// <summary>Finds experiments in the catalogue.</summary>
internal sealed class ExperimentService(CatalogStore catalog)
{
    /// <summary>Instance id of an experiment's orchestration.</summary>
    public static string InstanceId(string experimentId) => "exp-" + experimentId;

    /// <summary>Id of the experiment of a registered challenger: a pure function, so that a second run of the step makes the same one.</summary>
    public static string IdOf(string model, string version) => $"{model}-v{version}";

    /// <summary>An experiment by id; null when there is none.</summary>
    public async Task<ExperimentDocument?> FindAsync(string id, CancellationToken cancellationToken)
    {
        var cut = id.LastIndexOf("-v", StringComparison.Ordinal);
        if (cut <= 0 || !ResourceName.IsValid(id[..cut]) || !id.AsSpan(cut + 2).ContainsAnyInRange('0', '9') || id.Length > 100
            || id.AsSpan(cut + 2).ContainsAnyExceptInRange('0', '9'))
            return null;
        return (await catalog.Documents.ReadAsync<ExperimentDocument>(ExperimentDocument.PathOf(id[..cut], id), cancellationToken))?.Value;
    }

    /// <summary>
    /// The newest experiment of a model, by the number of its challenger; null when there is none. It alone can be running: the next begins when it has ended.
    /// </summary>
    public async Task<ExperimentDocument?> NewestAsync(string model, CancellationToken cancellationToken)
    {
        var (newest, number) = (default(string), -1L);
        await foreach (var entry in catalog.Documents.ListAsync($"experiments/{model}/", cancellationToken))
        {
            var name = Path.GetFileNameWithoutExtension(entry.Path.AsSpan());
            if (long.TryParse(name[(name.LastIndexOf("-v") + 2)..], NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > number)
                (newest, number) = (entry.Path, version);
        }

        return newest is null ? null : (await catalog.Documents.ReadAsync<ExperimentDocument>(newest, cancellationToken))?.Value;
    }

    /// <summary>Experiments of a model, or of all, newest first.</summary>
    public async Task<IReadOnlyList<ExperimentDocument>> ListAsync(string? model, CancellationToken cancellationToken)
    {
        var list = new List<ExperimentDocument>();
        await foreach (var document in catalog.Documents.ReadAllAsync<ExperimentDocument>(
            model is null ? "experiments/" : $"experiments/{model}/", cancellationToken))
        {
            list.Add(document.Value);
        }

        list.Sort((a, b) => b.CreatedAt.CompareTo(a.CreatedAt));
        return list;
    }
}
