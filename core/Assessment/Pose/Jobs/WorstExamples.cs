using System.Globalization;
using Iml4e.Assessment.Adversarial.Samples;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Diagnosis;
using Iml4e.Assessment.Pose.Results;
using Iml4e.Assessment.Pose.Skeletons;
using Iml4e.Reporting.Images;

namespace Iml4e.Assessment.Pose.Jobs;

/// <summary>Draws what went worst over its photos: of poses the detections with most errors of each kind, of boxes the images with most errors.</summary>
internal static class WorstExamples
{
    private const int MostOfKind = 3;
    private const int MostImages = 6;
    private const int InRow = 3;
    private const double Overlap = 0.5;
    private const double Sure = 0.25;
    private const int Found = 1;
    private const int There = 2;

    /// <summary>The pictures; none for images that are not in the archive or that a report cannot hold.</summary>
    /// <param name="evaluation">The evaluation.</param>
    /// <param name="zip">The archive of the images.</param>
    /// <param name="annotations">Name of its COCO document; null = the only one.</param>
    public static IReadOnlyList<ImageRow> Draw(PoseEvaluation evaluation, byte[] zip, string? annotations)
    {
        using var archive = ImageArchive.Open(new MemoryStream(zip, writable: false), annotations);
        var names = evaluation.Truth.Images.ToDictionary(i => i.Id, ValidationPlanner.NameOf);
        return evaluation.Diagnosis is { } diagnosis ? Poses(evaluation, diagnosis, archive, names) : Boxes(evaluation, archive, names);
    }

    private static List<ImageRow> Poses(PoseEvaluation evaluation, PoseDiagnosis diagnosis, ImageArchive archive, Dictionary<long, string> names)
    {
        var skeleton = evaluation.Request.Skeleton;
        var truths = evaluation.Truth.Annotations.ToDictionary(a => a.Id);
        var rows = new List<ImageRow>();
        foreach (var (label, worst) in diagnosis.Taxonomy.Worst)
        {
            var pictures = new List<ReportImage>();
            foreach (var each in worst.Where(w => archive.Contains(names[w.ImageId])).Take(MostOfKind))
            {
                ImageMark[] marks =
                [
                    .. Skeleton(skeleton, Labelled(truths[each.AnnotationId], skeleton), There, dashed: true),
                    .. Skeleton(skeleton, Pairs(evaluation.Detections[each.Detection]), Found, dashed: false),
                ];
                if (Read(archive, names[each.ImageId]) is { } picture)
                {
                    pictures.Add(picture with
                    {
                        Marks = marks,
                        Caption = string.Create(CultureInfo.InvariantCulture, $"{names[each.ImageId]}, score {each.Score:0.00}: {each.Errors} keypoints"),
                    });
                }
            }

            if (pictures.Count > 0)
                rows.Add(new ImageRow { Title = $"Most {label.ToString().ToLowerInvariant()} errors", Images = pictures });
        }

        return rows;
    }

    // Most of what is there overlooked, and most found where nothing is.
    private static List<ImageRow> Boxes(PoseEvaluation evaluation, ImageArchive archive, Dictionary<long, string> names)
    {
        var truth = evaluation.Truth.Annotations.Where(a => !a.IsCrowd).ToLookup(a => a.ImageId);
        var found = evaluation.Detections.Where(d => d.Score >= Sure).ToLookup(d => d.ImageId);
        var categories = evaluation.Truth.Categories.ToDictionary(c => c.Id, c => c.Name);
        bool Same(CocoAnnotation a, CocoDetection d) => (a.CategoryId == d.CategoryId || evaluation.Request.ClassAgnostic) && d.Box.Iou(a.Box) >= Overlap;
        int Errors(long id) => truth[id].Count(a => !found[id].Any(d => Same(a, d))) + found[id].Count(d => !truth[id].Any(a => Same(a, d)));
        var worst = names.Where(n => archive.Contains(n.Value)).Select(n => (n.Key, Errors: Errors(n.Key)))
            .Where(n => n.Errors > 0).OrderByDescending(n => n.Errors).ThenBy(n => n.Key).Take(MostImages);
        var pictures = new List<ReportImage>();
        foreach (var (id, errors) in worst)
        {
            ImageMark[] marks =
            [
                .. truth[id].Select(a => new BoxMark(a.Box.X, a.Box.Y, a.Box.Width, a.Box.Height) { Series = There }),
                .. found[id].Select(d => new BoxMark(
                    d.Box.X, d.Box.Y, d.Box.Width, d.Box.Height,
                    string.Create(CultureInfo.InvariantCulture, $"{categories.GetValueOrDefault(d.CategoryId, "?")} {d.Score:0.00}")) { Series = Found }),
            ];
            if (Read(archive, names[id]) is { } picture)
                pictures.Add(picture with { Marks = marks, Caption = $"{names[id]}: {errors} errors" });
        }

        return [.. pictures.Chunk(InRow).Select(images => new ImageRow { Images = images })];
    }

    private static IEnumerable<ImageMark> Skeleton(SkeletonDefinition skeleton, (double X, double Y)?[] points, int series, bool dashed)
    {
        foreach (var (from, to) in skeleton.Links)
        {
            if (points[from] is var (x1, y1) && points[to] is var (x2, y2))
                yield return new StrokeMark(x1, y1, x2, y2, dashed) { Series = series };
        }

        foreach (var point in points)
        {
            if (point is var (x, y))
                yield return new DotMark(x, y, Hollow: dashed) { Series = series };
        }
    }

    private static (double X, double Y)?[] Labelled(CocoAnnotation annotation, SkeletonDefinition skeleton)
    {
        var points = annotation.Keypoints.ToArray();
        return [.. skeleton.Keypoints.Select((_, i) => points[(3 * i) + 2] > 0 ? (points[3 * i], points[(3 * i) + 1]) : ((double, double)?)null)];
    }

    private static (double X, double Y)?[] Pairs(CocoDetection detection)
    {
        var points = detection.Keypoints.ToArray();
        return [.. Enumerable.Range(0, points.Length / 2).Select(i => ((double, double)?)(points[2 * i], points[(2 * i) + 1]))];
    }

    private static ReportImage? Read(ImageArchive archive, string name)
    {
        try
        {
            return ReportImage.OfFile(archive.File(name));
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
