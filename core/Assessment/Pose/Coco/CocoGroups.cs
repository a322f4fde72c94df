namespace Iml4e.Assessment.Pose.Coco;

/// <summary>
/// Annotations and detections that are matched with one another: those of one image and category, by category and then by image, or, when all categories count
/// as one, those of one image; each in the order of the file, by category first.
/// </summary>
internal sealed class CocoGroups
{
    private readonly int[] annotationOrder;
    private readonly int[] detectionOrder;
    private readonly List<long> keys = [];
    private readonly List<int> annotationEnds = [];
    private readonly List<int> detectionEnds = [];
    private readonly int images;

    /// <summary>Groups what there is; detections of categories that the ground truth does not have are in no group.</summary>
    /// <exception cref="ArgumentException">An image is unknown, or a number of keypoints is another one.</exception>
    public CocoGroups(CocoDataset truth, IReadOnlyList<CocoDetection> detections, bool classAgnostic, int keypoints)
    {
        images = truth.Images.Count;
        // Of an image and category; agnostic ones are sorted by category, too, but are one group.
        var (perImage, perCategory, width) = classAgnostic ? (truth.Categories.Count, 1L, truth.Categories.Count) : (1L, (long)images, 1);
        var annotationKeys = new long[truth.Annotations.Count];
        for (var i = 0; i < annotationKeys.Length; i++)
        {
            var annotation = truth.Annotations[i];
            if (annotation.Keypoints.Length != 3 * keypoints && keypoints > 0)
                throw new ArgumentException($"Annotation {annotation.Id} has {annotation.Keypoints.Length} numbers for {keypoints} keypoints.", nameof(truth));
            annotationKeys[i] = (truth.ImagePlaces[annotation.ImageId] * perImage) + (truth.CategoryPlaces[annotation.CategoryId] * perCategory);
        }

        var detectionKeys = new long[detections.Count];
        var known = 0;
        for (var i = 0; i < detectionKeys.Length; i++)
        {
            var detection = detections[i];
            // Sorted behind all others.
            detectionKeys[i] = long.MaxValue;
            if (!truth.CategoryPlaces.TryGetValue(detection.CategoryId, out var category))
                continue;
            if (!truth.ImagePlaces.TryGetValue(detection.ImageId, out var image))
                throw new ArgumentException($"Detection {i} is of image {detection.ImageId}, which is not there.", nameof(detections));
            if (detection.Keypoints.Length != 2 * keypoints && keypoints > 0)
                throw new ArgumentException($"Detection {i} has {detection.Keypoints.Length} numbers for {keypoints} keypoints.", nameof(detections));
            detectionKeys[i] = (image * perImage) + (category * perCategory);
            known++;
        }

        (annotationOrder, detectionOrder) = (StableOrder.Sort(annotationKeys), StableOrder.Sort(detectionKeys));
        for (int a = 0, d = 0; a < annotationKeys.Length || d < known;)
        {
            var key = Math.Min(a < annotationKeys.Length ? annotationKeys[a] : long.MaxValue, d < known ? detectionKeys[d] : long.MaxValue) / width;
            while (a < annotationKeys.Length && annotationKeys[a] / width == key)
                a++;
            while (d < known && detectionKeys[d] / width == key)
                d++;
            keys.Add(key);
            annotationEnds.Add(a);
            detectionEnds.Add(d);
        }
    }

    /// <summary>How many there are.</summary>
    public int Count => keys.Count;

    /// <summary>Place of a group's image.</summary>
    public int Image(int group) => (int)(keys[group] % images);

    /// <summary>Place of a group's category; 0 when all count as one.</summary>
    public int Category(int group) => (int)(keys[group] / images);

    /// <summary>Places of a group's annotations.</summary>
    public ReadOnlySpan<int> Annotations(int group) => Part(annotationOrder, annotationEnds, group);

    /// <summary>Places of a group's detections.</summary>
    public ReadOnlySpan<int> Detections(int group) => Part(detectionOrder, detectionEnds, group);

    private static ReadOnlySpan<int> Part(int[] places, List<int> ends, int group)
    {
        var from = group == 0 ? 0 : ends[group - 1];
        return places.AsSpan(from, ends[group] - from);
    }
}
