using System.Numerics;
using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>Counts what was found where nothing is and what was overlooked, and looks for what it has in common.</summary>
/// <param name="set">The ground truth.</param>
/// <param name="matcher">Says which annotations count.</param>
internal sealed class BackgroundAnalysis(PoseSet set, PoseMatcher matcher)
{
    private const int Crowd = 100;
    private const int BoxClasses = 10;
    private const int Parts = 128;

    /// <summary>Diagnoses the detections as they are.</summary>
    public BackgroundDiagnosis Diagnose()
    {
        var thresholds = PoseDiagnosisOptions.Thresholds;
        var matches = matcher.Match(set.Original, thresholds);
        List<int> found = [], overlooked = [];
        var counts = new int[3, thresholds.Count];
        for (var g = 0; g < matches.Length; g++)
        {
            var (group, match) = (set.Groups[g], matches[g]);
            for (var rank = 0; rank < group.Count; rank++)
            {
                var hits = 0;
                for (var t = 0; t < thresholds.Count; t++)
                {
                    if (match.Match(t, rank) < 0)
                        counts[0, t]++;
                    else
                        hits++;
                }

                if (hits == 0)
                    found.Add(group.First + match.Ranked[rank]);
            }

            for (var a = 0; a < group.Truth.Length; a++)
            {
                for (var t = 0; t < thresholds.Count; t++)
                {
                    var without = (match.Taken[a] & (1UL << t)) == 0;
                    counts[1, t] += without ? 1 : 0;
                    counts[2, t] += without && !match.Ignored[a] ? 1 : 0;
                }

                if (match.Taken[a] == 0)
                    overlooked.Add(group.Annotations[a]);
            }
        }

        return new BackgroundDiagnosis(
            [.. thresholds.Select((threshold, t) => new BackgroundCount(threshold, counts[0, t], counts[1, t], counts[2, t]))], Found(found),
            Overlooked(overlooked));
    }

    private BackgroundBreakdown Found(List<int> detections)
    {
        var sorted = set.Original.Scores.Order().ToArray();
        double[] percentiles = sorted.Length == 0 ? [] : [.. new[] { .2, .4, .6, .8 }.Select(share => Quantile(sorted, share))];
        var byScore = new int[percentiles.Length + 1];
        foreach (var d in detections)
            byScore[percentiles.Count(p => p <= set.Original.Scores[d])]++;
        var surest = detections.Where(d => set.Original.Scores[d] >= percentiles[^1]).Select(d => (set.Detections[d].Box, set.Detections[d].ImageId));
        return Breakdown([.. surest], detections.Count) with { ScorePercentiles = percentiles, ByScore = byScore };
    }

    private BackgroundBreakdown Overlooked(List<int> annotations)
    {
        var byKeypoints = new int[set.Skeleton.Keypoints.Count + 1];
        var positions = new int[Parts][];
        for (var i = 0; i < Parts; i++)
            positions[i] = new int[Parts];
        var labelled = new List<(BoundingBox, long)>();
        foreach (var annotation in annotations.Select(a => set.Truth.Annotations[a]))
        {
            byKeypoints[Math.Min(annotation.LabelledKeypoints, byKeypoints.Length - 1)]++;
            if (annotation.LabelledKeypoints == 0)
                continue;
            labelled.Add((annotation.Box, annotation.ImageId));
            if (!annotation.IsCrowd)
                Cover(positions, annotation.Box, set.Truth.Images[set.Truth.ImagePlaces[annotation.ImageId]]);
        }

        return Breakdown(labelled, annotations.Count) with { ByKeypoints = byKeypoints, Positions = positions };
    }

    private BackgroundBreakdown Breakdown(List<(BoundingBox Box, long Image)> considered, int count)
    {
        var boxes = new int[BoxClasses][];
        for (var i = 0; i < BoxClasses; i++)
            boxes[i] = new int[BoxClasses];
        var sizes = new int[BackgroundBreakdown.SizeEnds.Count + 1];
        var people = new int[BackgroundBreakdown.PeopleClasses.Count];
        foreach (var (box, image) in considered)
        {
            boxes[BoxClass(box.Height)][BoxClass(box.Width)]++;
            sizes[BackgroundBreakdown.SizeEnds.Count(end => end <= .5 * box.Area)]++;
            people[People(image)]++;
        }

        return new BackgroundBreakdown { Count = count, Considered = considered.Count, BoxSizes = boxes, Sizes = sizes, People = people };
    }

    private int People(long image)
    {
        var there = set.ByImage[set.Truth.ImagePlaces[image]];
        return (there.Any(a => set.Truth.Annotations[a].IsCrowd) ? Crowd : there.Length) switch { 0 => 0, 1 => 1, <= 4 => 2, <= 8 => 3, _ => 4 };
    }

    private static int BoxClass(double side) => Math.Min(BoxClasses - 1, BitOperations.Log2((uint)Math.Clamp(side, 1, 1 << 20)));

    // Images of all sizes are laid over one another.
    private static void Cover(int[][] positions, BoundingBox box, CocoImage image)
    {
        if (image.Width == 0 || image.Height == 0)
            return;
        var (left, right) = (Part(box.X / image.Width), Part((box.X + box.Width) / image.Width));
        var (top, bottom) = (Part(box.Y / image.Height), Part((box.Y + box.Height) / image.Height));
        for (var y = top; y <= bottom; y++)
        {
            for (var x = left; x <= right; x++)
                positions[y][x]++;
        }

        static int Part(double share) => (int)Math.Clamp(share * Parts, 0, Parts - 1);
    }

    // Between the two nearest, as numpy's default.
    private static double Quantile(double[] sorted, double share)
    {
        var at = share * (sorted.Length - 1);
        var below = (int)Math.Floor(at);
        return sorted[below] + ((at - below) * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]));
    }
}
