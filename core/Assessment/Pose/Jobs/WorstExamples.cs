using System.Globalization;
using Iml4e.Assessment.Adversarial.Samples;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Diagnosis;
using Iml4e.Assessment.Pose.Results;
using Iml4e.Assessment.Pose.Skeletons;
using Iml4e.Inference;
using Iml4e.Inference.Images;
using Iml4e.Reporting.Images;

namespace Iml4e.Assessment.Pose.Jobs;

/// <summary>
/// Draws what went worst over its photos: of poses the detections with most errors of each kind, of boxes the images with most errors. Photos are written anew,
/// small enough for a report, and without what a camera noted in them.
/// </summary>
/// <param name="evaluation">The evaluation.</param>
/// <param name="codec">Reads and writes photos.</param>
internal sealed class WorstExamples(PoseEvaluation evaluation, ImageCodec codec)
{
    private const int MostOfKind = 3;
    private const int MostImages = 6;
    private const int InRow = 2;
    private const int LongestSide = 640;

    // Of what is shown of a photo around a person, as a part of the person on each side, and in pixels at least.
    private const double Around = 0.3;
    private const int LeastAround = 32;
    private const double Overlap = 0.5;
    private const double Sure = 0.25;
    private const int Found = 1;
    private const int There = 2;

    private readonly Dictionary<long, string> _names = evaluation.Truth.Images.ToDictionary(i => i.Id, ValidationPlanner.NameOf);

    /// <summary>The pictures; none for images that are not in the archive or cannot be read.</summary>
    /// <param name="zip">The archive of the images.</param>
    /// <param name="annotations">Name of its COCO document; null = the only one.</param>
    public IReadOnlyList<ImageRow> Draw(byte[] zip, string? annotations)
    {
        using var archive = ImageArchive.Open(new MemoryStream(zip, writable: false), annotations);
        return evaluation.Diagnosis is { } diagnosis ? Poses(diagnosis, archive) : Boxes(archive);
    }

    private List<ImageRow> Poses(PoseDiagnosis diagnosis, ImageArchive archive)
    {
        var skeleton = evaluation.Request.Skeleton;
        var truths = evaluation.Truth.Annotations.ToDictionary(a => a.Id);
        var rows = new List<ImageRow>();
        foreach (var (label, worst) in diagnosis.Taxonomy.Worst)
        {
            var pictures = new List<ReportImage>();
            foreach (var each in worst.Where(w => archive.Contains(_names[w.ImageId])).Take(MostOfKind))
            {
                ImageMark[] marks =
                [
                    .. Skeleton(skeleton, Labelled(truths[each.AnnotationId], skeleton), There, dashed: true),
                    .. Skeleton(skeleton, Pairs(evaluation.Detections[each.Detection]), Found, dashed: false),
                ];
                var caption = string.Create(CultureInfo.InvariantCulture, $"{_names[each.ImageId]}, score {each.Score:0.00}: {each.Errors} keypoints");
                if (Picture(archive, _names[each.ImageId], marks, caption, truths[each.AnnotationId].Box) is { } picture)
                    pictures.Add(picture);
            }

            if (pictures.Count > 0)
                rows.Add(new ImageRow { Title = $"Most {label.ToString().ToLowerInvariant()} errors", Images = pictures });
        }

        return rows;
    }

    // Most of what is there overlooked, and most found where nothing is.
    private List<ImageRow> Boxes(ImageArchive archive)
    {
        var truth = evaluation.Truth.Annotations.Where(a => !a.IsCrowd).ToLookup(a => a.ImageId);
        var found = evaluation.Detections.Where(d => d.Score >= Sure).ToLookup(d => d.ImageId);
        var categories = evaluation.Truth.Categories.ToDictionary(c => c.Id, c => c.Name);
        bool Same(CocoAnnotation a, CocoDetection d) => (a.CategoryId == d.CategoryId || evaluation.Request.ClassAgnostic) && d.Box.Iou(a.Box) >= Overlap;
        int Errors(long id) => truth[id].Count(a => !found[id].Any(d => Same(a, d))) + found[id].Count(d => !truth[id].Any(a => Same(a, d)));
        var worst = _names.Where(n => archive.Contains(n.Value)).Select(n => (n.Key, Errors: Errors(n.Key)))
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
            if (Picture(archive, _names[id], marks, $"{_names[id]}: {errors} {(errors == 1 ? "error" : "errors")}") is { } picture)
                pictures.Add(picture);
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

    // The photo, or what is around a box, with its marks, both as small as a report needs; null where it cannot be read.
    private ReportImage? Picture(ImageArchive archive, string name, IReadOnlyList<ImageMark> marks, string caption, BoundingBox? focus = null)
    {
        try
        {
            var (image, left, top) = (codec.Decode(archive.File(name)), 0, 0);
            if (focus is { } box)
                (image, left, top) = Cut(image, box);
            var factor = (int)((Math.Max(image.Shape[0], image.Shape[1]) + LongestSide - 1) / LongestSide);
            var small = Smaller(image, factor);
            var (height, width) = ((int)small.Shape[0], (int)small.Shape[1]);
            return ReportImage.OfFile(codec.EncodeJpeg(small)) with
            {
                Caption = caption, Marks = [.. marks.Select(m => Placed(m, left, top, factor, width, height))],
            };
        }
        catch (Exception e) when (e is InvalidDataException or InvalidImageException or FormatException)
        {
            return null;
        }
    }

    private static (Tensor Image, int Left, int Top) Cut(Tensor image, BoundingBox box)
    {
        var (height, width) = ((int)image.Shape[0], (int)image.Shape[1]);
        var margin = LeastAround + (Around * Math.Max(box.Width, box.Height));
        var (left, right) = ((int)Math.Clamp(box.X - margin, 0, width), (int)Math.Clamp(box.X + box.Width + margin, 0, width));
        var (top, bottom) = ((int)Math.Clamp(box.Y - margin, 0, height), (int)Math.Clamp(box.Y + box.Height + margin, 0, height));
        // A box beside the photo.
        if (right - left < LeastAround || bottom - top < LeastAround)
            return (image, 0, 0);
        var pixels = new byte[3 * (right - left) * (bottom - top)];
        for (var y = top; y < bottom; y++)
            image.Data.Span.Slice(3 * ((y * width) + left), 3 * (right - left)).CopyTo(pixels.AsSpan(3 * (y - top) * (right - left)));
        return (new Tensor("image", TensorDatatype.UInt8, [bottom - top, right - left, 3], pixels), left, top);
    }

    // Means of squares of pixels; a rest at the right and at the bottom is cut off.
    private static Tensor Smaller(Tensor image, int factor)
    {
        if (factor == 1)
            return image;
        var (height, width) = (Math.Max(1, (int)image.Shape[0] / factor), Math.Max(1, (int)image.Shape[1] / factor));
        var source = image.Data.Span;
        var row = 3 * (int)image.Shape[1];
        var (down, across) = (Math.Min(factor, (int)image.Shape[0]), Math.Min(factor, (int)image.Shape[1]));
        var pixels = new byte[3 * width * height];
        for (var i = 0; i < pixels.Length; i++)
        {
            var start = (i / (3 * width) * factor * row) + (i / 3 % width * factor * 3) + (i % 3);
            var sum = 0;
            for (var y = 0; y < down; y++)
            {
                for (var x = 0; x < across; x++)
                    sum += source[start + (y * row) + (3 * x)];
            }

            pixels[i] = (byte)(sum / (down * across));
        }

        return new Tensor("image", TensorDatatype.UInt8, [height, width, 3], pixels);
    }

    // What lies far outside is drawn no farther out than the picture is wide.
    private static ImageMark Placed(ImageMark mark, int left, int top, double factor, int width, int height)
    {
        double X(double x) => Math.Clamp((x - left) / factor, -width, 2 * width);
        double Y(double y) => Math.Clamp((y - top) / factor, -height, 2 * height);
        return mark switch
        {
            BoxMark box => box with
            {
                X = X(box.X), Y = Y(box.Y), Width = X(box.X + box.Width) - X(box.X), Height = Y(box.Y + box.Height) - Y(box.Y),
            },
            StrokeMark stroke => stroke with { X1 = X(stroke.X1), Y1 = Y(stroke.Y1), X2 = X(stroke.X2), Y2 = Y(stroke.Y2) },
            DotMark dot => dot with { X = X(dot.X), Y = Y(dot.Y) },
            _ => mark,
        };
    }
}
