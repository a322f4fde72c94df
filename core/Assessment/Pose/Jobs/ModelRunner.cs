using System.IO.Compression;
using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Adversarial.Jobs;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Samples;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Decoding;
using Iml4e.Assessment.Pose.Json;
using Iml4e.Assessment.Pose.Skeletons;
using Iml4e.Inference;
using Iml4e.Inference.Images;

namespace Iml4e.Assessment.Pose.Jobs;

/// <summary>Runs a model on the images of a unit.</summary>
internal sealed class ModelRunner(ImageCodec codec, ValidationRequest request, ValidationUnit unit, IJobContext context, CancellationToken ct)
{
    private readonly List<string> _skipped = [];

    /// <summary>What a detector finds, in pixels of the images.</summary>
    public async Task<(IReadOnlyList<CocoDetection> Found, IReadOnlyList<string> Skipped)> DetectAsync()
    {
        var settings = request.Detector!;
        var truth = await TruthAsync();
        var found = new List<CocoDetection>();
        using var model = Load(await context.ReadAsync(unit.Model!.Digest, ct), settings);
        var categories = Categories(settings, truth, model.Detector!.Classes);
        foreach (var (id, image) in await ImagesAsync())
        {
            var (height, width) = ((int)image.Shape[0], (int)image.Shape[1]);
            try
            {
                var fitting = ImageFitting.For(height, width, model.Shape, settings.Preprocess.Resize);
                var pixels = fitting.Apply(image, model.Shape, settings.Preprocess.Pad);
                foreach (var each in await Task.Run(() => model.Detector.Detect(pixels, settings.Metrics.Limits, ct)[0], ct))
                {
                    if (categories.GetValueOrDefault(each.Class) is not { } category)
                        continue;
                    var box = fitting.Back(each.Box);
                    var (left, top) = (Math.Clamp(box.X1, 0, width), Math.Clamp(box.Y1, 0, height));
                    var placed = BoundingBox.FromCorners(left, top, Math.Clamp(box.X2, left, width), Math.Clamp(box.Y2, top, height));
                    found.Add(new CocoDetection { ImageId = id, CategoryId = category, Score = each.Score, Box = placed, Area = placed.Area });
                }
            }
            catch (Exception e) when (e is UnattackableModelException or InferenceFailedException)
            {
                throw new JobInputException("detector", e.Message);
            }
        }

        return (found, _skipped);
    }

    /// <summary>The poses that a model finds, in pixels of the images.</summary>
    public async Task<(IReadOnlyList<CocoDetection> Found, IReadOnlyList<string> Skipped)> FindPosesAsync(SkeletonDefinition skeleton)
    {
        var truth = await TruthAsync();
        var boxes = await BoxesAsync(truth);
        var category = truth.Categories.FirstOrDefault(c => c.Keypoints.Count > 0) ?? truth.Categories.FirstOrDefault()
            ?? throw new JobInputException("dataset", "the ground truth has no category");
        var found = new List<CocoDetection>();
        using var model = await context.OpenModelAsync(unit.Model!.Model, unit.Model.Version, ct);
        var estimator = Estimator(model.Session, skeleton);
        foreach (var (id, image) in await ImagesAsync())
        {
            try
            {
                var poses = await Task.Run(() => estimator.Estimate(image, boxes(id), ct), ct);
                found.AddRange(poses.Select(p => p.ToDetection(id, category.Id, estimator.CountsPixels)));
            }
            catch (InferenceFailedException e)
            {
                throw new JobInputException("pose", e.Message);
            }
        }

        return (found, _skipped);
    }

    private PoseEstimator Estimator(ModelSession session, SkeletonDefinition skeleton)
    {
        try
        {
            return new PoseEstimator(session, request.Pose!.Options(skeleton));
        }
        catch (ArgumentException e)
        {
            throw new JobInputException("pose", e.Message);
        }
    }

    private static AttackedModel Load(byte[] onnx, DetectorSettings settings)
    {
        try
        {
            return AttackedModel.Load(onnx, settings.Reference("model"), detection: true, rows: 1, threads: 1);
        }
        catch (Exception e) when (e is UnattackableModelException or InvalidModelException)
        {
            throw new JobInputException("detector", e.Message);
        }
    }

    // Numbers of classes to ids of categories; null = none.
    private static Dictionary<int, long?> Categories(DetectorSettings settings, CocoDataset truth, int classes)
    {
        if (settings.ClassMap is { } map)
            return map.ToDictionary(c => int.Parse(c.Key, System.Globalization.CultureInfo.InvariantCulture), c => (long?)c.Value);
        if (truth.Categories.Count > classes)
        {
            throw new JobInputException(
                "detector.classMap", $"the ground truth has {truth.Categories.Count} categories and the model {classes} classes: say which is which");
        }

        return truth.Categories.Select((c, place) => (c.Id, place)).ToDictionary(c => c.place, c => (long?)c.Id);
    }

    private async Task<CocoDataset> TruthAsync()
    {
        await using var stream = await context.OpenAsync(unit.Truth, ct);
        return CocoGroundTruthReader.Read(stream, new CocoReadOptions { Kind = CocoEvaluationKind.Boxes, SkipInvalid = request.SkipInvalid }).Dataset;
    }

    private async Task<Func<long, IReadOnlyList<(BoundingBox Box, double Score)>>> BoxesAsync(CocoDataset truth)
    {
        if (unit.Boxes is not { } digest)
        {
            var own = truth.Annotations.Where(a => !a.IsCrowd && a.Box is { Width: > 0, Height: > 0 }).ToLookup(a => a.ImageId, a => (a.Box, 1.0));
            return id => [.. own[id]];
        }

        await using var stream = await context.OpenAsync(digest, ct);
        try
        {
            var found = CocoResultsReader.Read(stream, truth, new CocoReadOptions { Kind = CocoEvaluationKind.Boxes, SkipInvalid = request.SkipInvalid });
            var boxes = found.Detections.Where(d => d.Box is { Width: > 0, Height: > 0 }).ToLookup(d => d.ImageId, d => (d.Box, d.Score));
            return id => [.. boxes[id]];
        }
        catch (CocoFormatException e)
        {
            throw new JobInputException("pose.boxes", e.Message);
        }
    }

    private async Task<IReadOnlyList<(long Id, Tensor Image)>> ImagesAsync()
    {
        using var zip = new ZipArchive(new MemoryStream(await context.ReadAsync(unit.Images!, ct), writable: false), ZipArchiveMode.Read);
        var images = new List<(long, Tensor)>();
        foreach (var id in unit.ImageIds)
        {
            await using var entry = await zip.GetEntry(ValidationPlanner.EntryOf(id))!.OpenAsync(ct);
            using var file = new MemoryStream();
            await entry.CopyToAsync(file, ct);
            try
            {
                images.Add((id, codec.Decode(file.ToArray())));
            }
            catch (InvalidImageException e)
            {
                _skipped.Add($"{ValidationPlanner.EntryOf(id)}: {e.Message}");
            }
        }

        return images;
    }
}
