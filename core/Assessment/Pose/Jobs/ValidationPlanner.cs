using System.Globalization;
using System.IO.Compression;
using Iml4e.Assessment.Adversarial.Samples;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Json;
using Iml4e.Assessment.Pose.Decoding;

namespace Iml4e.Assessment.Pose.Jobs;

/// <summary>Finds what a validation needs, and puts the images for a model into batches, so that a unit that runs again reads what it read before.</summary>
public sealed class ValidationPlanner(ValidationRequest request, IJobContext context, CancellationToken ct)
{
    /// <summary>Media type of a COCO document.</summary>
    public const string CocoMediaType = "application/vnd.coco+json";

    private const int BatchSize = 32;

    /// <summary>The units; one where predictions are there already.</summary>
    public async Task<IReadOnlyList<ValidationUnit>> PlanAsync()
    {
        var dataset = request.Dataset;
        var files = await context.FindDatasetAsync(dataset.Name, request.DatasetVersion ?? dataset.VersionOrNewest, ct);
        var (truth, archive) = await TruthAsync(files);
        var unit = new ValidationUnit { Truth = truth, Archive = archive };
        if (request.Predictions is { } predictions)
            return [unit with { Predictions = await PredictionsAsync(predictions, dataset.Name, "predictions", context, ct) }];
        if (archive is null)
            throw new JobInputException("dataset", "the data set has no images to run a model on; upload a zip with them, or name predictions");
        using var model = await context.OpenModelAsync(request.Model!, request.Version ?? "champion", ct);
        unit = unit with { Model = new ValidatedModel(model.Model, model.Version, model.Digest) };
        if (request.Pose is { Head: not PoseHead.SingleStage, Boxes: not PoseModelSettings.TrueBoxes } pose)
            unit = unit with { Boxes = await PredictionsAsync(pose.Boxes, dataset.Name, "pose.boxes", context, ct) };
        return await BatchesAsync(unit);
    }

    /// <summary>Digest of predictions by their name, the job that made them, or the digest itself.</summary>
    public static async Task<string> PredictionsAsync(string predictions, string dataset, string path, IJobContext context, CancellationToken ct)
    {
        if (predictions.StartsWith("sha256:", StringComparison.Ordinal))
            return predictions;
        return await context.FindPredictionsAsync(dataset, predictions, ct) ?? await context.FindOutputAsync(predictions, "predictions", ct)
            ?? throw new JobInputException(path, $"there are no predictions '{predictions}' for the data set '{dataset}', and no job of that id made some");
    }

    private async Task<(string Truth, string? Archive)> TruthAsync(DatasetFiles files)
    {
        if (files.Parts is [{ MediaType: CocoMediaType } document])
            return (document.Digest, null);
        if (files.Parts is not [{ MediaType: "application/zip" } zip])
            throw new JobInputException("dataset", "a validation needs a COCO document, or a zip of images with one");
        using var archive = Open(await context.ReadAsync(zip.Digest, ct));
        return archive.AnnotationDocument is { } annotations
            ? (await context.StoreAsync(annotations, CocoMediaType, "ground-truth", ct), zip.Digest)
            : throw new JobInputException("dataset.annotations", "the zip has no COCO document (.json)");
    }

    private ImageArchive Open(byte[] content)
    {
        try
        {
            return ImageArchive.Open(new MemoryStream(content, writable: false), request.Dataset.Annotations);
        }
        catch (InvalidDataException e)
        {
            throw new JobInputException("dataset", e.Message);
        }
    }

    private async Task<IReadOnlyList<ValidationUnit>> BatchesAsync(ValidationUnit unit)
    {
        using var archive = Open(await context.ReadAsync(unit.Archive!, ct));
        var truth = await ReadTruthAsync(unit.Truth);
        var images = truth.Images.Where(i => archive.Contains(NameOf(i))).ToList();
        if (images.Count == 0)
            throw new JobInputException("dataset", "none of the images that the COCO document names is in the zip");
        var units = new List<ValidationUnit>();
        foreach (var batch in images.Chunk(BatchSize))
        {
            using var file = new MemoryStream();
            using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
            {
                foreach (var image in batch)
                {
                    await using var entry = await zip.CreateUndated(EntryOf(image.Id), CompressionLevel.NoCompression).OpenAsync(ct);
                    await entry.WriteAsync(Read(archive, image), ct);
                }
            }

            var digest = await context.StoreAsync(file.ToArray(), "application/zip", "images", ct);
            units.Add(unit with { Images = digest, ImageIds = [.. batch.Select(i => i.Id)] });
            context.Report(Math.Min(1, (double)units.Count * BatchSize / images.Count), "images");
        }

        return units;
    }

    private async Task<CocoDataset> ReadTruthAsync(string digest)
    {
        await using var stream = await context.OpenAsync(digest, ct);
        try
        {
            // Keypoints are read later, with the skeleton: here images count.
            return CocoGroundTruthReader.Read(stream, new CocoReadOptions { Kind = CocoEvaluationKind.Boxes, SkipInvalid = request.SkipInvalid }).Dataset;
        }
        catch (CocoFormatException e)
        {
            throw new JobInputException("dataset", $"The ground truth: {e.Message}");
        }
    }

    // One that cannot be unpacked is empty, and told with those that cannot be decoded.
    private static byte[] Read(ImageArchive archive, CocoImage image)
    {
        try
        {
            return archive.File(NameOf(image));
        }
        catch (InvalidDataException)
        {
            return [];
        }
    }

    /// <summary>Name of an image in an archive.</summary>
    public static string NameOf(CocoImage image) => Path.GetFileNameWithoutExtension(image.FileName ?? "");

    /// <summary>Name of an image in a unit's zip.</summary>
    public static string EntryOf(long id) => id.ToString(CultureInfo.InvariantCulture);
}
