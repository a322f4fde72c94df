using System.Globalization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Iml4e.Catalog;

/// <summary>
/// Where runs keep how far they are, so that another process can carry on: <c>RUN/SERIES/STEP/FILE</c>. A checkpoint counts once it is complete, which a blob
/// says that is written last and removed first.
/// </summary>
/// <remarks>Unlike all else in the catalogue checkpoints are overwritten and deleted: they belong to a run, nothing names them, and they go with it.</remarks>
public sealed class CheckpointStore
{
    private const string Mark = "_COMPLETE";
    private readonly BlobContainerClient container;

    internal CheckpointStore(BlobContainerClient container) => this.container = container;

    /// <summary>Steps of the complete checkpoints, ascending.</summary>
    /// <param name="series">RUN/SERIES.</param>
    public async Task<IReadOnlyList<long>> StepsAsync(string series, CancellationToken ct = default)
    {
        var steps = new List<long>();
        await foreach (var blob in container.GetBlobsAsync(prefix: Folder(series), cancellationToken: ct))
        {
            if (blob.Name[Folder(series).Length..].Split('/') is [var step, Mark]
                && long.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                steps.Add(number);
        }

        steps.Sort();
        return steps;
    }

    /// <summary>A file of a checkpoint.</summary>
    /// <exception cref="CatalogNotFoundException">No such file.</exception>
    public async Task<byte[]> ReadAsync(string series, long step, string file, CancellationToken ct = default)
    {
        try
        {
            return (await container.GetBlobClient(Folder(series, step) + file).DownloadContentAsync(ct)).Value.Content.ToArray();
        }
        catch (RequestFailedException e) when (BlobFaults.IsBlobMissing(e))
        {
            throw new CatalogNotFoundException($"there is no file {file} in checkpoint {step} of {series}");
        }
    }

    /// <summary>Writes a checkpoint; one of the same step is replaced.</summary>
    public async Task WriteAsync(string series, long step, IReadOnlyDictionary<string, byte[]> files, CancellationToken ct = default)
    {
        var folder = Folder(series, step);
        await container.GetBlobClient(folder + Mark).DeleteIfExistsAsync(cancellationToken: ct);
        foreach (var (name, content) in files)
            await container.GetBlobClient(folder + name).UploadAsync(new BinaryData(content), overwrite: true, ct);
        await container.GetBlobClient(folder + Mark).UploadAsync(new BinaryData(""), overwrite: true, ct);
    }

    /// <summary>Removes a checkpoint.</summary>
    public async Task DeleteAsync(string series, long step, CancellationToken ct = default)
    {
        // Half a checkpoint is none.
        await container.GetBlobClient(Folder(series, step) + Mark).DeleteIfExistsAsync(cancellationToken: ct);
        await DeleteAllAsync(Folder(series, step), ct);
    }

    /// <summary>Removes all checkpoints of a run.</summary>
    public Task DeleteRunAsync(string run, CancellationToken ct = default) => DeleteAllAsync(Folder(run), ct);

    /// <summary>Runs that have checkpoints.</summary>
    public async Task<IReadOnlyList<string>> RunsAsync(CancellationToken ct = default)
    {
        var runs = new List<string>();
        await foreach (var item in container.GetBlobsByHierarchyAsync(delimiter: "/", cancellationToken: ct))
        {
            if (item.IsPrefix)
                runs.Add(item.Prefix.TrimEnd('/'));
        }

        return runs;
    }

    private static string Folder(string series) => series + "/";

    private static string Folder(string series, long step) => string.Create(CultureInfo.InvariantCulture, $"{series}/{step:D8}/");

    private async Task DeleteAllAsync(string prefix, CancellationToken ct)
    {
        await foreach (var blob in container.GetBlobsAsync(prefix: prefix, cancellationToken: ct))
            await container.DeleteBlobIfExistsAsync(blob.Name, DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: ct);
    }
}
