namespace Iml4e.Assessment.Pose.Coco;

/// <summary>
/// The COCO evaluation of boxes and keypoints: average precision and average recall, to the last digits those of pycocotools, but for an annotation of id 0,
/// which pycocotools loses.
/// </summary>
public static class CocoEvaluator
{
    /// <summary>Evaluates detections.</summary>
    /// <param name="truth">The ground truth.</param>
    /// <param name="detections">In the order of the file; of images of the ground truth. Of a category that it does not have they are passed over.</param>
    /// <param name="options">The settings.</param>
    /// <exception cref="ArgumentException">The settings mean nothing, an image is unknown, or a number of keypoints is not that of the sigmas.</exception>
    public static CocoEvaluation Evaluate(CocoDataset truth, IReadOnlyList<CocoDetection> detections, CocoEvaluationOptions options) =>
        Match(truth, detections, options).Accumulate();

    /// <summary>Matches detections with the ground truth, image by image, for evaluations of all of the images or of samples of them.</summary>
    /// <inheritdoc cref="Evaluate"/>
    public static CocoMatches Match(CocoDataset truth, IReadOnlyList<CocoDetection> detections, CocoEvaluationOptions options)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(detections);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        var variances = options.Kind == CocoEvaluationKind.Keypoints ? ObjectKeypointSimilarity.Variances(options.Sigmas) : [];
        var groups = Group(truth, detections, options, variances.Length);
        var matcher = new CocoMatcher(options, variances);
        var cells = new CocoCell[groups.Count];
        Parallel.For(0, cells.Length, new ParallelOptions { MaxDegreeOfParallelism = options.Threads }, i =>
        {
            var (place, group) = groups[i];
            cells[i] = matcher.Match(
                (int)(place % truth.Images.Count), (int)(place / truth.Images.Count), [.. group.Annotations.Select(a => truth.Annotations[a])],
                [.. group.Detections.Select(d => detections[d])]);
        });
        return new CocoMatches(truth, options, cells);
    }

    // By category, then by image.
    private static List<(long Place, Members Members)> Group(
        CocoDataset truth, IReadOnlyList<CocoDetection> detections, CocoEvaluationOptions options, int keypoints)
    {
        var groups = new Dictionary<long, Members>();
        for (var i = 0; i < truth.Annotations.Count; i++)
        {
            var annotation = truth.Annotations[i];
            if (annotation.Keypoints.Length != 3 * keypoints && keypoints > 0)
                throw new ArgumentException($"Annotation {annotation.Id} has {annotation.Keypoints.Length} numbers for {keypoints} keypoints.", nameof(truth));
            Of(annotation.ImageId, truth.CategoryPlaces[annotation.CategoryId]).Annotations.Add(i);
        }

        for (var i = 0; i < detections.Count; i++)
        {
            var detection = detections[i];
            if (!truth.CategoryPlaces.TryGetValue(detection.CategoryId, out var category))
                continue;
            if (!truth.ImagePlaces.ContainsKey(detection.ImageId))
                throw new ArgumentException($"Detection {i} is of image {detection.ImageId}, which is not there.", nameof(detections));
            if (detection.Keypoints.Length != 2 * keypoints && keypoints > 0)
                throw new ArgumentException($"Detection {i} has {detection.Keypoints.Length} numbers for {keypoints} keypoints.", nameof(detections));
            Of(detection.ImageId, category).Detections.Add(i);
        }

        if (options.ClassAgnostic)
        {
            foreach (var group in groups.Values)
            {
                Sort(group.Annotations, i => truth.Annotations[i].CategoryId);
                Sort(group.Detections, i => detections[i].CategoryId);
            }
        }

        return [.. groups.OrderBy(g => g.Key).Select(g => (g.Key, g.Value))];

        Members Of(long image, int category)
        {
            var place = ((options.ClassAgnostic ? 0L : category) * truth.Images.Count) + truth.ImagePlaces[image];
            if (!groups.TryGetValue(place, out var group))
                groups.Add(place, group = new Members([], []));
            return group;
        }

        static void Sort(List<int> places, Func<int, long> category) =>
            places.Sort((a, b) => category(a).CompareTo(category(b)) is var byCategory && byCategory != 0 ? byCategory : a.CompareTo(b));
    }

    private sealed record Members(List<int> Annotations, List<int> Detections);
}
