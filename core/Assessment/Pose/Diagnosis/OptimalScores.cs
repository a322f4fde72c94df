namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>
/// The scores that a model should have given: of each detection the similarity with the object that it is most similar to, lowered for detections of what a
/// surer one has found (soft non-maximum suppression, Bodla et al., ICCV 2017, with σ = 0.5).
/// </summary>
/// <param name="set">The ground truth.</param>
internal sealed class OptimalScores(PoseSet set)
{
    private const double Sigma = .5;
    private const double Epsilon = 2.220446049250313e-16;

    /// <summary>Optimal scores of poses, and what they are without suppression.</summary>
    /// <param name="poses">The poses.</param>
    /// <param name="matcher">Says which annotations count.</param>
    public (double[] Scores, double[] MostSimilar) Of(Poses poses, PoseMatcher matcher)
    {
        var scores = new double[poses.Scores.Length];
        var similar = new double[poses.Scores.Length];
        var matches = matcher.Match(poses, [KeypointLabeller.Found]);
        matcher.Each(g =>
        {
            var (group, match) = (set.Groups[g], matches[g]);
            var best = new double[group.Count];
            for (var d = 0; d < group.Count; d++)
            {
                for (var a = 0; a < group.Truth.Length; a++)
                {
                    if (!match.Ignored[a])
                        best[d] = Math.Max(best[d], match.Similarities[(d * group.Truth.Length) + a]);
                }
            }

            best.CopyTo(similar, group.First);
            Suppress(poses, group, best);
            best.CopyTo(scores, group.First);
        });
        return (scores, similar);
    }

    private void Suppress(Poses poses, PoseGroup group, double[] scores)
    {
        List<int> left = [.. Enumerable.Range(0, group.Count)];
        var extents = left.Select(d => Extent(poses.Keypoints[group.First + d].Span)).ToArray();
        while (left.Count > 1)
        {
            // Equals stay in the order that they had in the round before.
            var order = PoseMatcher.Rank([.. left.Select(d => scores[d])]);
            left = [.. order.Select(place => left[place])];
            var surest = left[0];
            left.RemoveAt(0);
            foreach (var d in left)
            {
                var similarity = Similarity(
                    poses.Keypoints[group.First + surest].Span, poses.Keypoints[group.First + d].Span, .5 * (extents[surest] + extents[d]));
                scores[d] *= Math.Exp(-(similarity * similarity / Sigma));
            }
        }
    }

    private double Similarity(ReadOnlySpan<double> first, ReadOnlySpan<double> second, double area)
    {
        var variances = set.Skeleton.Variances;
        double sum = 0;
        for (var i = 0; i < variances.Length; i++)
        {
            double dx = second[2 * i] - first[2 * i], dy = second[(2 * i) + 1] - first[(2 * i) + 1];
            sum += Math.Exp(-(((dx * dx) + (dy * dy)) / variances[i] / (area + Epsilon) / 2));
        }

        return sum / variances.Length;
    }

    private static double Extent(ReadOnlySpan<double> points)
    {
        double left = points[0], right = points[0], top = points[1], bottom = points[1];
        for (var i = 2; i < points.Length; i += 2)
        {
            (left, right) = (Math.Min(left, points[i]), Math.Max(right, points[i]));
            (top, bottom) = (Math.Min(top, points[i + 1]), Math.Max(bottom, points[i + 1]));
        }

        return (right - left) * (bottom - top);
    }
}
