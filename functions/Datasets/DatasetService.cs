using System.Security.Cryptography;
using System.Text;
using Iml4e.Assessment.Adversarial.Samples;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Jobs;
using Iml4e.Assessment.Pose.Json;
using Iml4e.Catalog;
using Iml4e.Functions.Retraining;
using Iml4e.Learning;

namespace Iml4e.Functions.Datasets;

/// <summary>What an upload made.</summary>
internal sealed record DatasetUpload(DatasetVersion Version, long Rows, long NewRows);

/// <summary>Takes data set parts in: checked, stored by content, made a version, and told to the pipelines that are bound to the data set.</summary>
internal sealed class DatasetService(CatalogStore catalog, DatasetReader reader, TriggerService triggers, MaskedColumns masks)
{
    private const string ZipMediaType = "application/zip";
    private const int StartBytes = 4096;

    /// <summary>Adds a version.</summary>
    /// <param name="dataset">Name of the data set.</param>
    /// <param name="content">CSV or NDJSON, plain or gzip; a stream that can seek, taken from its start.</param>
    /// <param name="file">Name of the part, for people.</param>
    /// <param name="mode">Whether the part replaces the content or is appended to it.</param>
    /// <param name="key">The same key gives the same version, however often it is sent.</param>
    /// <param name="kinds">What columns hold, where it is not to be inferred.</param>
    /// <param name="cancellationToken">Ends the upload.</param>
    public async Task<DatasetUpload> AddAsync(
        string dataset,
        Stream content,
        string file,
        DatasetMode mode,
        string? key,
        IReadOnlyDictionary<string, ColumnKind> kinds,
        CancellationToken cancellationToken)
    {
        ResourceName.Check(dataset);
        if (IsZip(content))
            return await AddImagesAsync(dataset, content, file, mode, key, cancellationToken);
        if (IsCoco(content))
            return await AddGroundTruthAsync(dataset, content, file, mode, key, cancellationToken);
        // Read once here, so that what cannot be read, alone or with what is there, is refused at the door and not in tonight's training.
        var before = mode == DatasetMode.Append ? await catalog.Datasets.GetVersionAsync(dataset, null, cancellationToken) : null;
        var mediaType = MediaType(content);
        var table = DataFrame.Summarise(content, new TableReadOptions { Kinds = kinds, Known = DatasetColumns.Known(before?.Columns) });
        if (before is not null)
            DatasetColumns.Check(table, before);
        content.Position = 0;
        var artefact = await catalog.Artefacts.PutAsync(content, mediaType, cancellationToken);
        var part = new DatasetPart(artefact.Digest, file, artefact.Size, mediaType, table.Rows);
        key ??= Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{mode}|{file}|{artefact.Digest}")));
        var masked = await masks.OfAsync(dataset, cancellationToken);
        var version = await catalog.Datasets.AddVersionAsync(
            dataset, [part], mode, key, null, earlier => DatasetColumns.After(table, earlier, masked), cancellationToken);
        await triggers.DataArrivedAsync(dataset, version, cancellationToken);
        return new DatasetUpload(version, version.Parts.Sum(p => p.Rows ?? 0), table.Rows);
    }

    /// <summary>Reads a data set version as one frame.</summary>
    public Task<DataFrame> ReadAsync(DatasetVersion version, CancellationToken cancellationToken) => reader.ReadAsync(version, cancellationToken);

    // A zip of images: counted and its annotations read once, so that what cannot be read is refused at the door.
    private async Task<DatasetUpload> AddImagesAsync(string dataset, Stream content, string file, DatasetMode mode, string? key,
        CancellationToken cancellationToken)
    {
        if (mode == DatasetMode.Append)
            throw new TrainingDataException("mode", "a zip of images replaces what is there; send it with mode=replace");
        long images;
        try
        {
            using var archive = ImageArchive.Open(content, leaveOpen: true);
            images = archive.Ids.Count;
        }
        catch (InvalidDataException e)
        {
            throw new TrainingDataException("data", e.Message);
        }

        return await AddWholeAsync(dataset, content, file, ZipMediaType, images, mode, key, cancellationToken);
    }

    // A COCO document without its images: read once, so that what is wrong is told at the door.
    private async Task<DatasetUpload> AddGroundTruthAsync(
        string dataset, Stream content, string file, DatasetMode mode, string? key, CancellationToken cancellationToken)
    {
        if (mode == DatasetMode.Append)
            throw new TrainingDataException("mode", "a COCO document replaces what is there; send it with mode=replace");
        long annotations;
        try
        {
            annotations = CocoGroundTruthReader.Read(content, new CocoReadOptions { Kind = CocoEvaluationKind.Boxes }).Dataset.Annotations.Count;
        }
        catch (CocoFormatException e)
        {
            throw new TrainingDataException("data", e.Message);
        }

        return await AddWholeAsync(dataset, content, file, ValidationPlanner.CocoMediaType, annotations, mode, key, cancellationToken);
    }

    private async Task<DatasetUpload> AddWholeAsync(
        string dataset, Stream content, string file, string mediaType, long rows, DatasetMode mode, string? key, CancellationToken cancellationToken)
    {
        content.Position = 0;
        var artefact = await catalog.Artefacts.PutAsync(content, mediaType, cancellationToken);
        var part = new DatasetPart(artefact.Digest, file, artefact.Size, mediaType, rows);
        key ??= Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{mode}|{file}|{artefact.Digest}")));
        var version = await catalog.Datasets.AddVersionAsync(dataset, [part], mode, key, null, null, cancellationToken);
        await triggers.DataArrivedAsync(dataset, version, cancellationToken);
        return new DatasetUpload(version, rows, rows);
    }

    // An object whose first member is one of COCO's lists; a line of a table has no lists of that name.
    private static bool IsCoco(Stream content)
    {
        var start = new byte[(int)Math.Min(content.Length, StartBytes)];
        content.ReadExactly(start);
        content.Position = 0;
        return CocoDocument.Begins(start);
    }

    private static bool IsZip(Stream content)
    {
        var start = new byte[4];
        var read = content.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        content.Position = 0;
        return ImageArchive.IsZip(start.AsSpan(0, read));
    }

    private static string MediaType(Stream content)
    {
        var start = new byte[(int)Math.Min(content.Length, StartBytes)];
        content.ReadExactly(start);
        content.Position = 0;
        return DataFrame.MediaType(start);
    }
}
