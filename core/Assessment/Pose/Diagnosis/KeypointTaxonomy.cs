using System.Drawing;
using Iml4e.Assessment.Pose.Skeletons;

namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>How many of the labelled keypoints of the objects that were found are good, and what is wrong with the others.</summary>
public sealed class KeypointTaxonomy
{
    /// <summary>Detections that are listed of each error.</summary>
    public const int MostWorst = 7;

    private readonly long[][] counts;

    internal KeypointTaxonomy(PoseSet set, IReadOnlyList<LabelledPose> labelled)
    {
        Skeleton = set.Skeleton;
        MatchedDetections = labelled.Count;
        Figure = TypicalPose.Of(set.Truth, Skeleton);
        counts = [.. Enum.GetValues<KeypointLabel>().Select(_ => new long[Skeleton.Keypoints.Count])];
        foreach (var pose in labelled)
        {
            for (var i = 0; i < pose.Labels.Length; i++)
                counts[(int)pose.Labels[i]][i]++;
        }

        Worst = Labels.Skip(1).ToDictionary(label => label, label => (IReadOnlyList<WorstPose>)
        [
            .. labelled.Select(pose => (Pose: pose, Errors: pose.Count(label))).Where(p => p.Errors > 0)
                .OrderByDescending(p => p.Errors).ThenByDescending(p => set.Original.Scores[p.Pose.Detection]).Take(MostWorst)
                .Select(p => new WorstPose(
                    set.Places[p.Pose.Detection], set.Detections[p.Pose.Detection].ImageId, set.Truth.Annotations[p.Pose.Annotation].Id,
                    set.Original.Scores[p.Pose.Detection], p.Errors)),
        ]);
    }

    /// <summary>The labels, good ones first.</summary>
    public static IReadOnlyList<KeypointLabel> Labels { get; } =
        [KeypointLabel.Good, KeypointLabel.Jitter, KeypointLabel.Inversion, KeypointLabel.Swap, KeypointLabel.Miss];

    /// <summary>The skeleton.</summary>
    public SkeletonDefinition Skeleton { get; }

    /// <summary>Where each keypoint is in a drawing of the skeleton, in lengths of a pose, y downwards; null where it is never labelled.</summary>
    public IReadOnlyList<PointF?> Figure { get; }

    /// <summary>Detections that were taken for an object with labelled keypoints.</summary>
    public int MatchedDetections { get; }

    /// <summary>Labelled keypoints of those objects.</summary>
    public long LabelledKeypoints => Labels.Sum(Total);

    /// <summary>Of each error the detections that have it most often, the surest first among equals.</summary>
    public IReadOnlyDictionary<KeypointLabel, IReadOnlyList<WorstPose>> Worst { get; }

    /// <summary>Keypoints with a label.</summary>
    public long Total(KeypointLabel label) => counts[(int)label].Sum();

    /// <summary>Share of a label among all labelled keypoints; null when there are none.</summary>
    public double? Share(KeypointLabel label) => LabelledKeypoints == 0 ? null : (double)Total(label) / LabelledKeypoints;

    /// <summary>Keypoints with a label, by keypoint.</summary>
    public IReadOnlyList<long> PerKeypoint(KeypointLabel label) => counts[(int)label];

    /// <summary>Keypoints of a group with a label.</summary>
    public long OfGroup(SkeletonGroup group, KeypointLabel label)
    {
        ArgumentNullException.ThrowIfNull(group);
        return group.Points.Sum(point => counts[(int)label][point]);
    }

    /// <summary>Share of a group in a label; null when no keypoint has it.</summary>
    public double? GroupShare(SkeletonGroup group, KeypointLabel label) => Total(label) == 0 ? null : (double)OfGroup(group, label) / Total(label);
}
