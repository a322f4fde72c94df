using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Skeletons;

namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>A ground truth and the surest detections of each image, ready to be matched again and again.</summary>
internal sealed class PoseSet
{
    /// <summary>Takes the detections with the highest scores of each image.</summary>
    /// <exception cref="ArgumentException">A detection is of an image or category that is not there, or has another number of keypoints.</exception>
    public PoseSet(CocoDataset truth, IReadOnlyList<CocoDetection> detections, SkeletonDefinition skeleton)
    {
        (Truth, Skeleton) = (truth, skeleton);
        var points = skeleton.Keypoints.Count;
        if (truth.Annotations.FirstOrDefault(a => a.Keypoints.Length != 3 * points) is { } wrong)
            throw new ArgumentException($"Annotation {wrong.Id} has {wrong.Keypoints.Length} numbers for {points} keypoints.", nameof(truth));
        var byImage = new List<int>[truth.Images.Count];
        for (var i = 0; i < detections.Count; i++)
        {
            var detection = detections[i];
            if (!truth.ImagePlaces.TryGetValue(detection.ImageId, out var image) || !truth.CategoryPlaces.ContainsKey(detection.CategoryId))
                throw new ArgumentException($"Detection {i} is of an image or a category that is not there.", nameof(detections));
            if (detection.Keypoints.Length != 2 * points)
                throw new ArgumentException($"Detection {i} has {detection.Keypoints.Length} numbers for {points} keypoints.", nameof(detections));
            (byImage[image] ??= []).Add(i);
        }

        ByImage = new int[truth.Images.Count][];
        var annotations = truth.Annotations.Index().ToLookup(a => truth.ImagePlaces[a.Item.ImageId], a => a.Index);
        var groups = new List<PoseGroup>();
        var kept = new List<int>();
        for (var image = 0; image < truth.Images.Count; image++)
        {
            ByImage[image] = [.. annotations[image]];
            // The sort keeps the order of equals.
            var surest = (byImage[image] ?? []).OrderByDescending(i => detections[i].Score).Take(PoseDiagnosisOptions.MostDetections)
                .ToLookup(i => truth.CategoryPlaces[detections[i].CategoryId]);
            var there = ByImage[image].ToLookup(a => truth.CategoryPlaces[truth.Annotations[a].CategoryId]);
            foreach (var category in surest.Select(g => g.Key).Union(there.Select(g => g.Key)).Order())
            {
                int[] places = [.. there[category]];
                groups.Add(new PoseGroup(image, category, places, kept.Count, surest[category].Count())
                {
                    Truth = [.. places.Select(a => truth.Annotations[a])],
                });
                kept.AddRange(surest[category]);
            }
        }

        Groups = [.. groups];
        Places = [.. kept];
        Detections = [.. kept.Select(i => detections[i])];
        Original = new Poses([.. Detections.Select(d => d.Keypoints)], [.. Detections.Select(d => d.Score)]);
        GroupOf = new int[Detections.Length];
        for (var g = 0; g < Groups.Length; g++)
            Array.Fill(GroupOf, g, Groups[g].First, Groups[g].Count);
    }

    /// <summary>The ground truth.</summary>
    public CocoDataset Truth { get; }

    /// <summary>The skeleton.</summary>
    public SkeletonDefinition Skeleton { get; }

    /// <summary>By image, then by category.</summary>
    public PoseGroup[] Groups { get; }

    /// <summary>Detections, group by group, by descending score.</summary>
    public CocoDetection[] Detections { get; }

    /// <summary>Of each of them its place among the detections as they came.</summary>
    public int[] Places { get; }

    /// <summary>Of each of them its group.</summary>
    public int[] GroupOf { get; }

    /// <summary>Places of the annotations of each image, of all categories.</summary>
    public int[][] ByImage { get; }

    /// <summary>Where the model has put the keypoints, and how sure it was.</summary>
    public Poses Original { get; }
}
