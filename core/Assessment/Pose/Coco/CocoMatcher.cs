namespace Iml4e.Assessment.Pose.Coco;

/// <summary>Matches the detections of one image and category with its annotations (COCO evaluation, <c>evaluateImg</c>).</summary>
/// <param name="options">The settings.</param>
/// <param name="variances">(2σ)² of each keypoint; empty for boxes.</param>
internal sealed class CocoMatcher(CocoEvaluationOptions options, double[] variances)
{
    // What is not sure of a threshold of 1 by rounding alone still reaches it.
    private const double Surely = 1 - 1e-10;

    private readonly double[] thresholds = [.. options.Thresholds];

    /// <summary>Matches one image and category.</summary>
    /// <param name="image">Place of the image.</param>
    /// <param name="category">Place of the category.</param>
    /// <param name="annotations">In the order of the file.</param>
    /// <param name="detections">In the order of the file.</param>
    public CocoCell Match(int image, int category, CocoAnnotation[] annotations, CocoDetection[] detections)
    {
        var scores = new double[detections.Length];
        for (var i = 0; i < scores.Length; i++)
            scores[i] = detections[i].Score;
        var order = StableOrder.Descending(scores);
        var found = new CocoDetection[Math.Min(options.MaxDetections[^1], detections.Length)];
        scores = new double[found.Length];
        for (var i = 0; i < found.Length; i++)
            (found[i], scores[i]) = (detections[order[i]], detections[order[i]].Score);
        var crowds = 0;
        foreach (var annotation in annotations)
            crowds += annotation.IsCrowd ? 1 : 0;
        var cell = new CocoCell(image, category, options.Areas.Count, scores)
        {
            Cut = detections.Length - found.Length, Crowds = crowds, Annotations = annotations.Length,
        };
        var similarities = Similarities(annotations, found);
        var taken = new bool[annotations.Length];
        var places = new int[annotations.Length];
        for (var area = 0; area < options.Areas.Count; area++)
        {
            Order(cell, area, annotations, places);
            Match(cell, area, annotations, found, similarities, places, taken);
        }

        return cell;
    }

    // Similarity of each detection with each annotation, a row a detection.
    private double[] Similarities(CocoAnnotation[] annotations, CocoDetection[] detections)
    {
        var similarities = new double[detections.Length * annotations.Length];
        var at = 0;
        foreach (var detection in detections)
        {
            foreach (var annotation in annotations)
            {
                similarities[at++] = options.Kind == CocoEvaluationKind.Boxes
                    ? detection.Box.Iou(annotation.Box, annotation.IsCrowd)
                    : ObjectKeypointSimilarity.Of(detection.Keypoints.Span, annotation, variances);
            }
        }

        return similarities;
    }

    // Whether an annotation counts neither for nor against the model.
    private bool Ignores(CocoAnnotation annotation, CocoAreaRange area) =>
        annotation.IsCrowd || (options.Kind == CocoEvaluationKind.Keypoints && annotation.LabelledKeypoints == 0) || !area.Holds(annotation.Area);

    /// <summary>
    /// The annotation that a detection takes at a threshold: the most similar one that is free, of those that count first, the last one of several that are
    /// equally similar.
    /// </summary>
    /// <param name="similarities">Of the detection with each annotation.</param>
    /// <param name="order">The annotations, those that count first.</param>
    /// <param name="counted">How many count.</param>
    /// <param name="taken">Whether an annotation is no longer free; crowds always are.</param>
    /// <param name="threshold">Least similarity.</param>
    /// <returns>Its place; -1 = none.</returns>
    public static int Best(ReadOnlySpan<double> similarities, ReadOnlySpan<int> order, int counted, ReadOnlySpan<bool> taken, double threshold)
    {
        var best = Math.Min(threshold, Surely);
        var match = -1;
        for (var i = 0; i < order.Length; i++)
        {
            if (i == counted && match >= 0)
                break;
            var place = order[i];
            if (taken[place] || similarities[place] < best)
                continue;
            (best, match) = (similarities[place], place);
        }

        return match;
    }

    // Those that count come first.
    private void Order(CocoCell cell, int area, CocoAnnotation[] annotations, int[] places)
    {
        var range = options.Areas[area];
        var at = 0;
        for (var i = 0; i < annotations.Length; i++)
        {
            if (!Ignores(annotations[i], range))
                places[at++] = i;
        }

        cell.Counted[area] = at;
        for (var i = 0; i < annotations.Length && at < annotations.Length; i++)
        {
            if (Ignores(annotations[i], range))
                places[at++] = i;
        }
    }

    private void Match(CocoCell cell, int area, CocoAnnotation[] annotations, CocoDetection[] detections, double[] similarities, int[] places, bool[] taken)
    {
        var range = options.Areas[area];
        var matched = cell.Matched.AsSpan(area * detections.Length, detections.Length);
        var ignored = cell.Ignored.AsSpan(area * detections.Length, detections.Length);
        for (var t = 0; t < thresholds.Length; t++)
        {
            Array.Clear(taken);
            for (var d = 0; d < detections.Length; d++)
            {
                var similar = similarities.AsSpan(d * annotations.Length, annotations.Length);
                var match = Best(similar, places, cell.Counted[area], taken, thresholds[t]);
                if (match < 0)
                {
                    if (!range.Holds(detections[d].Area))
                        ignored[d] |= 1UL << t;
                    continue;
                }

                matched[d] |= 1UL << t;
                taken[match] = !annotations[match].IsCrowd;
                if (Ignores(annotations[match], range))
                    ignored[d] |= 1UL << t;
                else if (area == 0 && t == 0)
                    (cell.Hits, cell.Similarity) = (cell.Hits + 1, cell.Similarity + similar[match]);
            }
        }
    }
}
