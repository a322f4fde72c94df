using Iml4e.Catalog;
using Iml4e.Learning;

namespace Iml4e.Functions.Datasets;

/// <summary>Reads data set versions as frames.</summary>
internal sealed class DatasetReader(CatalogStore catalog)
{
    /// <summary>Reads a data set version as one frame.</summary>
    public async Task<DataFrame> ReadAsync(DatasetVersion version, CancellationToken cancellationToken)
    {
        var known = DatasetColumns.Known(version.Columns);
        var frames = new List<DataFrame>(version.Parts.Count);
        foreach (var part in version.Parts)
        {
            using var content = new MemoryStream(await catalog.Artefacts.ReadAsync(part.Digest, cancellationToken), writable: false);
            frames.Add(DataFrame.Read(content, new TableReadOptions { Known = known }));
        }

        return DataFrame.Concat(frames).Describe(known);
    }
}
