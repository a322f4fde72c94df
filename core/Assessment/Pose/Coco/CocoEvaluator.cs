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
        var groups = new CocoGroups(truth, detections, options.ClassAgnostic, variances.Length);
        var matcher = new CocoMatcher(options, variances);
        var cells = new CocoCell[groups.Count];
        Parallel.For(0, cells.Length, new ParallelOptions { MaxDegreeOfParallelism = options.Threads }, i =>
        {
            var (annotations, found) = (new CocoAnnotation[groups.Annotations(i).Length], new CocoDetection[groups.Detections(i).Length]);
            for (var a = 0; a < annotations.Length; a++)
                annotations[a] = truth.Annotations[groups.Annotations(i)[a]];
            for (var d = 0; d < found.Length; d++)
                found[d] = detections[groups.Detections(i)[d]];
            cells[i] = matcher.Match(groups.Image(i), groups.Category(i), annotations, found);
        });
        return new CocoMatches(truth, options, cells);
    }
}
