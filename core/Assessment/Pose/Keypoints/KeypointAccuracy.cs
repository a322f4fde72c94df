using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Diagnosis;
using Iml4e.Assessment.Pose.Skeletons;

namespace Iml4e.Assessment.Pose.Keypoints;

/// <summary>
/// Where the keypoints of a model are beside where they belong. A detection belongs to the object that the COCO evaluation gives it at a similarity of 0.1.
/// </summary>
public sealed record KeypointAccuracy
{
    /// <summary>The settings.</summary>
    public required KeypointAccuracyOptions Options { get; init; }

    /// <summary>Objects that count and have a detection.</summary>
    public required int Matched { get; init; }

    /// <summary>Objects that count and have none.</summary>
    public required int Overlooked { get; init; }

    /// <summary>Objects that the norm is not known of, which are left out of what is relative to it.</summary>
    public required int WithoutNorm { get; init; }

    /// <summary>Of the objects that have a detection.</summary>
    public required CorrectShare OfMatched { get; init; }

    /// <summary>Of all objects; every keypoint of one without a detection is wrong.</summary>
    public required CorrectShare OfAll { get; init; }

    /// <summary>Mean distance in pixels; null when nothing was found.</summary>
    public double? EndPointError { get; init; }

    /// <summary>Mean distance as a share of the norm; null when nothing was found.</summary>
    public double? NormalisedMeanError { get; init; }

    /// <summary>Mean per-joint position error in pixels, relative to the skeleton's root if it has one.</summary>
    public double? Mpjpe { get; init; }

    /// <summary>The same with the scale of each pose made right.</summary>
    public double? MpjpeScaled { get; init; }

    /// <summary>The same with scale, rotation and place of each pose made right.</summary>
    public double? MpjpeAligned { get; init; }

    /// <summary>The skeleton's angles.</summary>
    public required IReadOnlyList<AngleError> Angles { get; init; }

    /// <summary>Compares a model's keypoints with the ground truth.</summary>
    /// <param name="truth">The ground truth, with the keypoints of the skeleton.</param>
    /// <param name="detections">Of its images and categories; of each image the 20 surest count.</param>
    /// <param name="options">The settings.</param>
    /// <exception cref="ArgumentException">What is to be compared does not fit together, or the skeleton has nothing to take the norm from.</exception>
    public static KeypointAccuracy Of(CocoDataset truth, IReadOnlyList<CocoDetection> detections, KeypointAccuracyOptions options)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(detections);
        ArgumentNullException.ThrowIfNull(options);
        var skeleton = options.Skeleton;
        if (options.Norm == KeypointNorm.Torso && skeleton.TorsoPair is null)
            throw new ArgumentException($"The skeleton '{skeleton.Name}' has no torso pair to take the norm from.", nameof(options));
        if (options.Norm == KeypointNorm.Head && skeleton.HeadPair is null && truth.Annotations.All(a => a.HeadSize is null))
            throw new ArgumentException($"Neither the skeleton '{skeleton.Name}' nor the ground truth says the size of heads.", nameof(options));
        var (matched, overlooked) = Pairs(truth, detections, options);
        var found = Norms(matched, options.Norm, skeleton);
        var all = found.Concat(Norms(overlooked, options.Norm, skeleton)).ToList();
        return new KeypointAccuracy
        {
            Options = options,
            Matched = matched.Count,
            Overlooked = overlooked.Count,
            WithoutNorm = all.Count(p => p.Norm <= 0),
            OfMatched = Share(found, Norms(matched, KeypointNorm.Head, skeleton), options),
            OfAll = Share(all, Norms([.. matched, .. overlooked], KeypointNorm.Head, skeleton), options),
            EndPointError = KeypointMetrics.EndPointError(found),
            NormalisedMeanError = KeypointMetrics.NormalisedMeanError(found),
            Mpjpe = JointPosition.Error(found, JointAlignment.None, skeleton.Root),
            MpjpeScaled = JointPosition.Error(found, JointAlignment.Scale, skeleton.Root),
            MpjpeAligned = JointPosition.Error(found, JointAlignment.Similarity, skeleton.Root),
            Angles = SkeletonAngles.Errors(found, skeleton),
        };
    }

    private static CorrectShare Share(List<PosePair> pairs, List<PosePair> byHead, KeypointAccuracyOptions options)
    {
        var head = byHead.Any(p => p.Norm > 0) ? KeypointMetrics.Pck(byHead, options.HeadThreshold) : null;
        int[] without = [.. options.Skeleton.Keypoints.Index().Where(k => k.Item is "pelvis" or "thorax").Select(k => k.Index)];
        return new CorrectShare(
            [.. options.Thresholds.Select(threshold => KeypointMetrics.Pck(pairs, threshold))], KeypointMetrics.AreaUnderCurve(pairs), head,
            head?.Weighted(without));
    }

    private static (List<(CocoAnnotation Truth, ReadOnlyMemory<double> Found)> Matched, List<(CocoAnnotation Truth, ReadOnlyMemory<double> Found)> Overlooked)
        Pairs(CocoDataset truth, IReadOnlyList<CocoDetection> detections, KeypointAccuracyOptions options)
    {
        var set = new PoseSet(truth, detections, options.Skeleton);
        var matches = new PoseMatcher(set, CocoAreaRange.All, options.Threads).Match(set.Original, [KeypointLabeller.Found]);
        var (matched, overlooked) = (new List<(CocoAnnotation, ReadOnlyMemory<double>)>(), new List<(CocoAnnotation, ReadOnlyMemory<double>)>());
        for (var g = 0; g < matches.Length; g++)
        {
            var (group, match) = (set.Groups[g], matches[g]);
            for (var a = 0; a < group.Truth.Length; a++)
            {
                if (match.Ignored[a])
                    continue;
                var rank = Array.IndexOf(match.Matches, a);
                if (rank >= 0)
                    matched.Add((group.Truth[a], set.Original.Keypoints[group.First + match.Ranked[rank]]));
                else
                    overlooked.Add((group.Truth[a], default));
            }
        }

        return (matched, overlooked);
    }

    private static List<PosePair> Norms(
        IEnumerable<(CocoAnnotation Truth, ReadOnlyMemory<double> Found)> poses, KeypointNorm norm, SkeletonDefinition skeleton) =>
        [.. poses.Select(pose => Pair(pose.Truth, pose.Found, norm, skeleton))];

    private static PosePair Pair(CocoAnnotation annotation, ReadOnlyMemory<double> found, KeypointNorm norm, SkeletonDefinition skeleton)
    {
        var points = annotation.Keypoints.ToArray();
        var valid = new bool[points.Length / 3];
        var truth = new double[2 * valid.Length];
        for (var i = 0; i < valid.Length; i++)
            (truth[2 * i], truth[(2 * i) + 1], valid[i]) = (points[3 * i], points[(3 * i) + 1], points[(3 * i) + 2] > 0);
        var size = norm switch
        {
            KeypointNorm.Box => Math.Max(annotation.Box.Width, annotation.Box.Height),
            KeypointNorm.Torso => Length(skeleton.TorsoPair),
            _ => annotation.HeadSize ?? Length(skeleton.HeadPair),
        };
        return new PosePair(found, truth, valid, size);

        double Length((int First, int Second)? pair) => pair is var (first, second) && valid[first] && valid[second]
            ? Math.Sqrt(Math.Pow(truth[2 * first] - truth[2 * second], 2) + Math.Pow(truth[(2 * first) + 1] - truth[(2 * second) + 1], 2))
            : 0;
    }
}
