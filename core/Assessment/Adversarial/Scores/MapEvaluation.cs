using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Assessment.Adversarial.Scores;

/// <summary>
/// Mean average precision of detectors on a set of images, as COCO and VOC define it (COCO's box evaluation; PASCAL VOC 2007; VOC 2010, section 4.2). All are
/// read off the COCO evaluation.
/// </summary>
public sealed class MapEvaluation
{
    private const int MostOfClass = 100;
    private readonly CocoDataset _truth;
    private readonly CocoEvaluationOptions _options;

    /// <summary>Takes in what is there.</summary>
    /// <param name="truth">The true objects of each image.</param>
    /// <param name="method">Which mean average precision.</param>
    public MapEvaluation(IReadOnlyList<IReadOnlyList<TrueObject>> truth, ApMethod method = ApMethod.Coco)
    {
        ArgumentNullException.ThrowIfNull(truth);
        var annotations = new List<CocoAnnotation>();
        for (var image = 0; image < truth.Count; image++)
        {
            foreach (var each in truth[image])
            {
                annotations.Add(new CocoAnnotation
                {
                    Id = annotations.Count, ImageId = image, CategoryId = each.Class, Box = Corners(each.Box), Area = each.Area ?? each.Box.Area,
                    IsCrowd = each.Crowd,
                });
            }
        }

        _truth = new CocoDataset(
            truth.Select((_, i) => new CocoImage(i, 0, 0, null)), annotations.Select(a => a.CategoryId).Distinct().Select(c => new CocoCategory(c, "")),
            annotations);
        var boxes = CocoEvaluationOptions.Boxes with { MaxDetections = [MostOfClass] };
        _options = method switch
        {
            ApMethod.Voc07 => boxes with { Thresholds = [0.5], RecallPoints = [.. Enumerable.Range(0, 11).Select(i => i * 0.1)] },
            ApMethod.Voc10 => boxes with { Thresholds = [0.5], RecallPoints = [] },
            _ => boxes,
        };
    }

    /// <summary>The score of a model.</summary>
    /// <param name="found">What it found in each image.</param>
    public MapScore Score(IReadOnlyList<IReadOnlyList<DetectedObject>> found) => Score(Match(found).Accumulate());

    /// <summary>
    /// The scores on clean and on attacked images, with bootstrap intervals over images: the same images for both, so that the drop is paired.
    /// </summary>
    /// <param name="clean">What was found in each clean image.</param>
    /// <param name="attacked">What was found in each attacked image.</param>
    /// <param name="seed">Equal seeds give equal intervals.</param>
    public MapDrop Drop(IReadOnlyList<IReadOnlyList<DetectedObject>> clean, IReadOnlyList<IReadOnlyList<DetectedObject>> attacked, long seed)
    {
        var (before, after) = (Match(clean), Match(attacked));
        var figures = _truth.Images.Count < 2 ? [] : CocoBootstrap.Figures([before, after], CocoBootstrap.DefaultSamples, seed.GetHashCode());
        return new MapDrop(
            Score(before.Accumulate()), Score(after.Accumulate()), Interval(figures.Select(f => f[0])), Interval(figures.Select(f => f[1])),
            Interval(figures.Where(f => f[0] > 0).Select(f => (f[0] - f[1]) / f[0])));
    }

    private CocoMatches Match(IReadOnlyList<IReadOnlyList<DetectedObject>> found) => CocoEvaluator.Match(
        _truth,
        [
            .. found.SelectMany((all, image) => all.Select(f => new CocoDetection
            {
                ImageId = image, CategoryId = f.Class, Score = f.Score, Box = Corners(f.Box), Area = f.Box.Area,
            })),
        ],
        _options);

    private static MapScore Score(CocoEvaluation evaluation)
    {
        var classes = evaluation.Categories.Select(c => (Class: (int)c.Id, Map: CocoEvaluation.Defined(evaluation.AveragePrecision(category: c.Id))))
            .Where(c => c.Map is not null);
        var sizes = evaluation.Options.Areas.Skip(1).Select(a => (a.Name, Map: CocoEvaluation.Defined(evaluation.AveragePrecision(area: a.Name))))
            .Where(s => s.Map is not null);
        return new MapScore(
            CocoEvaluation.Defined(evaluation.AveragePrecision()), CocoEvaluation.Defined(evaluation.AveragePrecision(threshold: 0.5)),
            CocoEvaluation.Defined(evaluation.AveragePrecision(threshold: 0.75)),
            classes.ToDictionary(c => c.Class, c => c.Map!.Value), [.. sizes.Select(s => (s.Name, s.Map!.Value))]);
    }

    private static Interval? Interval(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToArray();
        return sorted.Length < 20 ? null : new Interval(CocoBootstrap.Quantile(sorted, 0.025), CocoBootstrap.Quantile(sorted, 0.975));
    }

    // A box turned inside out covers nothing.
    private static BoundingBox Corners(Box box) => BoundingBox.FromCorners(box.X1, box.Y1, Math.Max(box.X1, box.X2), Math.Max(box.Y1, box.Y2));
}
