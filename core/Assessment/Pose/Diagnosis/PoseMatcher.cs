using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>Matches poses with the ground truth in one range of areas.</summary>
/// <param name="set">The ground truth.</param>
/// <param name="range">Sizes that count.</param>
/// <param name="threads">Threads at most.</param>
/// <param name="ignored">Annotations that do not count, whatever else they are; null = none.</param>
internal sealed class PoseMatcher(PoseSet set, CocoAreaRange range, int threads, bool[]? ignored = null)
{
    /// <summary>The range.</summary>
    public CocoAreaRange Range => range;

    /// <summary>Matches.</summary>
    /// <param name="poses">The detections.</param>
    /// <param name="thresholds">Similarities that a detection is a hit from.</param>
    /// <returns>By group.</returns>
    public GroupMatch[] Match(Poses poses, IReadOnlyList<double> thresholds)
    {
        var matches = new GroupMatch[set.Groups.Length];
        Each(g => matches[g] = Match(set.Groups[g], poses, thresholds));
        return matches;
    }

    /// <summary>Does something for each group.</summary>
    public void Each(Action<int> work) => Parallel.For(0, set.Groups.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, work);

    /// <summary>Whether an annotation counts neither for nor against the model.</summary>
    public bool Ignores(int annotation)
    {
        var truth = set.Truth.Annotations[annotation];
        return truth.IsCrowd || truth.LabelledKeypoints == 0 || !range.Holds(truth.Area) || (ignored is not null && ignored[annotation]);
    }

    private GroupMatch Match(PoseGroup group, Poses poses, IReadOnlyList<double> thresholds)
    {
        var scores = poses.Scores.AsSpan(group.First, group.Count);
        var ranked = Rank(scores);
        var similarities = new double[group.Count * group.Truth.Length];
        for (var d = 0; d < group.Count; d++)
        {
            for (var a = 0; a < group.Truth.Length; a++)
            {
                similarities[(d * group.Truth.Length) + a] =
                    ObjectKeypointSimilarity.Of(poses.Keypoints[group.First + d].Span, group.Truth[a], set.Skeleton.Variances);
            }
        }

        bool[] without = [.. group.Annotations.Select(Ignores)];
        int[] order = [.. Enumerable.Range(0, without.Length).OrderBy(a => without[a])];
        var counted = without.Count(w => !w);
        var matches = new int[thresholds.Count * group.Count];
        var taken = new ulong[without.Length];
        var busy = new bool[without.Length];
        for (var t = 0; t < thresholds.Count; t++)
        {
            Array.Clear(busy);
            for (var rank = 0; rank < ranked.Length; rank++)
            {
                var row = similarities.AsSpan(ranked[rank] * without.Length, without.Length);
                var match = matches[(t * ranked.Length) + rank] = CocoMatcher.Best(row, order, counted, busy, thresholds[t]);
                if (match < 0)
                    continue;
                busy[match] = !group.Truth[match].IsCrowd;
                taken[match] |= 1UL << t;
            }
        }

        return new GroupMatch { Ranked = ranked, Matches = matches, Taken = taken, Ignored = without, Similarities = similarities };
    }

    /// <summary>Places by descending score, equal ones in their order.</summary>
    public static int[] Rank(ReadOnlySpan<double> scores)
    {
        var order = new int[scores.Length];
        var keys = new (double Score, int Place)[scores.Length];
        for (var i = 0; i < order.Length; i++)
            (order[i], keys[i]) = (i, (-scores[i], i));
        Array.Sort(keys, order);
        return order;
    }
}
