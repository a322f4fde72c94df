using System.Runtime.InteropServices;

namespace Iml4e.Assessment.Pose.Coco;

/// <summary>Matches the detections of one image and category with its annotations (COCO evaluation, <c>evaluateImg</c>).</summary>
/// <param name="options">The settings.</param>
/// <param name="variances">(2σ)² of each keypoint; empty for boxes.</param>
internal sealed class CocoMatcher(CocoEvaluationOptions options, double[] variances)
{
    // What is not sure of a threshold of 1 by rounding alone still reaches it.
    private const double Surely = 1 - 1e-10;

    /// <summary>Places by descending score, equal ones in their order.</summary>
    public static int[] ByScore(IReadOnlyList<CocoDetection> detections)
    {
        var order = new int[detections.Count];
        var keys = new double[detections.Count];
        for (var i = 0; i < order.Length; i++)
            (order[i], keys[i]) = (i, detections[i].Score);
        Array.Sort(order, (a, b) => keys[b].CompareTo(keys[a]) is var byScore && byScore != 0 ? byScore : a.CompareTo(b));
        return order;
    }

    /// <summary>Matches one image and category.</summary>
    /// <param name="image">Place of the image.</param>
    /// <param name="category">Place of the category.</param>
    /// <param name="annotations">In the order of the file.</param>
    /// <param name="detections">In the order of the file.</param>
    public CocoCell Match(int image, int category, IReadOnlyList<CocoAnnotation> annotations, IReadOnlyList<CocoDetection> detections)
    {
        var most = options.MaxDetections[^1];
        var found = ByScore(detections).Take(most).Select(place => detections[place]).ToArray();
        var cell = new CocoCell(image, category, options.Areas.Count, [.. found.Select(d => d.Score)])
        {
            Cut = detections.Count - found.Length, Crowds = annotations.Count(a => a.IsCrowd), Annotations = annotations.Count,
        };
        var similarities = Similarities(annotations, found);
        for (var area = 0; area < options.Areas.Count; area++)
            Match(cell, area, annotations, found, similarities);
        return cell;
    }

    /// <summary>Similarity of each detection with each annotation, a row a detection.</summary>
    public double[] Similarities(IReadOnlyList<CocoAnnotation> annotations, CocoDetection[] detections)
    {
        var similarities = new double[detections.Length * annotations.Count];
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

    /// <summary>Whether an annotation counts neither for nor against the model.</summary>
    public bool Ignores(CocoAnnotation annotation, CocoAreaRange area) =>
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

    private void Match(CocoCell cell, int area, IReadOnlyList<CocoAnnotation> annotations, CocoDetection[] detections, double[] similarities)
    {
        var range = options.Areas[area];
        var order = new List<int>(annotations.Count);
        for (var i = 0; i < annotations.Count; i++)
        {
            if (!Ignores(annotations[i], range))
                order.Add(i);
        }

        var counted = cell.Counted[area] = order.Count;
        for (var i = 0; i < annotations.Count; i++)
        {
            if (Ignores(annotations[i], range))
                order.Add(i);
        }

        var matched = cell.Matched.AsSpan(area * detections.Length, detections.Length);
        var ignored = cell.Ignored.AsSpan(area * detections.Length, detections.Length);
        var places = CollectionsMarshal.AsSpan(order);
        var rank = new int[annotations.Count];
        for (var i = 0; i < places.Length; i++)
            rank[places[i]] = i;
        var taken = new bool[annotations.Count];
        for (var t = 0; t < options.Thresholds.Count; t++)
        {
            Array.Clear(taken);
            for (var d = 0; d < detections.Length; d++)
            {
                var match = Best(similarities.AsSpan(d * annotations.Count, annotations.Count), places, counted, taken, options.Thresholds[t]);
                if (match < 0)
                {
                    if (!range.Holds(detections[d].Area))
                        ignored[d] |= 1UL << t;
                    continue;
                }

                matched[d] |= 1UL << t;
                taken[match] = !annotations[match].IsCrowd;
                if (rank[match] >= counted)
                    ignored[d] |= 1UL << t;
                else if (area == 0 && t == 0)
                    (cell.Hits, cell.Similarity) = (cell.Hits + 1, cell.Similarity + similarities[(d * annotations.Count) + match]);
            }
        }
    }
}
