using Iml4e.Catalog;
using Iml4e.Functions.Http;
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
            // On disk and not on the heap: to the end first, which is when its digest is checked, and to be read twice where that is needed.
            await using var stored = await catalog.Artefacts.OpenReadAsync(part.Digest, cancellationToken);
            await using var file = await UploadedFile.ReadAsync(stored, part.Bytes, Array.MaxLength, cancellationToken);
            await using var content = file.OpenRead();
            frames.Add(DataFrame.Read(content, new TableReadOptions { Known = known }));
        }

        return DataFrame.Concat(frames).Describe(known);
    }
}
