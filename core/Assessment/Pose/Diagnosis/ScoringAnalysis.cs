namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>Finds objects of which a worse detection is surer than a better one.</summary>
/// <param name="set">The ground truth.</param>
/// <param name="matcher">Says which annotations count.</param>
internal sealed class ScoringAnalysis(PoseSet set, PoseMatcher matcher)
{
    // From here on a detection may be of an object.
    private const double Candidate = .5;

    /// <summary>Diagnoses the scores of the detections as they are.</summary>
    public ScoringDiagnosis Diagnose()
    {
        var matches = matcher.Match(set.Original, [KeypointLabeller.Found]);
        var optimal = new OptimalScores(set).Of(set.Original, matcher).Scores;
        var suboptimal = new HashSet<int>();
        List<ScoringError> errors = [], left = [];
        var byDetections = new List<int>();
        List<double> best = [], others = [], bestOptimal = [], othersOptimal = [];
        for (var g = 0; g < set.Groups.Length; g++)
        {
            var (group, match) = (set.Groups[g], matches[g]);
            if (group.Count == 0)
                continue;
            var order = PoseMatcher.Rank(optimal.AsSpan(group.First, group.Count));
            if (order.Where((place, rank) => place != rank).Any())
                suboptimal.Add(group.Image);
            var objects = Objects(group, match);
            errors.AddRange(Errors(group, match, objects, set.Original.Scores, Enumerable.Range(0, group.Count)));
            left.AddRange(Errors(group, match, objects, optimal, order));
            foreach (var a in objects)
            {
                var near = Enumerable.Range(0, group.Count).Where(d => Similarity(group, match, d, a) > KeypointLabeller.Found)
                    .OrderByDescending(d => Similarity(group, match, d, a)).Select(d => group.First + d).ToArray();
                while (byDetections.Count <= near.Length)
                    byDetections.Add(0);
                byDetections[near.Length]++;
                if (near.Length < 2)
                    continue;
                best.Add(set.Original.Scores[near[0]]);
                bestOptimal.Add(optimal[near[0]]);
                others.AddRange(near.Skip(1).Select(d => set.Original.Scores[d]));
                othersOptimal.AddRange(near.Skip(1).Select(d => optimal[d]));
            }
        }

        return new ScoringDiagnosis
        {
            ImagesWithDetections = set.Groups.Where(g => g.Count > 0).Select(g => g.Image).Distinct().Count(),
            ImagesWithSuboptimalOrder = suboptimal.Count,
            Errors = errors.Count,
            ErrorsWithOptimalScores = left.Count,
            Worst = [.. errors.OrderByDescending(e => e.Relevance).Take(ScoringDiagnosis.MostErrors)],
            ObjectsByDetections = byDetections,
            Original = ScoreHistogram.Of(best, others),
            Optimal = ScoreHistogram.Of(bestOptimal, othersOptimal),
        };
    }

    private static double Similarity(PoseGroup group, GroupMatch match, int detection, int annotation) =>
        match.Similarities[(detection * group.Truth.Length) + annotation];

    // Those that count, the one that was found best first.
    private static int[] Objects(PoseGroup group, GroupMatch match) =>
    [
        .. Enumerable.Range(0, group.Truth.Length).Where(a => !match.Ignored[a])
            .OrderByDescending(a => Enumerable.Range(0, group.Count).Max(d => Similarity(group, match, d, a))),
    ];

    private IEnumerable<ScoringError> Errors(PoseGroup group, GroupMatch match, int[] objects, double[] scores, IEnumerable<int> order)
    {
        List<int> free = [.. order];
        foreach (var a in objects)
        {
            var candidates = free.Where(d => Similarity(group, match, d, a) >= Candidate).ToArray();
            if (candidates.Length == 0)
                yield break;
            // The first of equals, in the order of the scores.
            var better = candidates.MaxBy(d => Similarity(group, match, d, a));
            var surer = candidates.MaxBy(d => scores[group.First + d]);
            free.Remove(better);
            if (better == surer)
                continue;
            yield return new ScoringError(
                group.Truth[a].ImageId, group.Truth[a].Id, set.Places[group.First + surer], set.Places[group.First + better], scores[group.First + surer],
                scores[group.First + better], Similarity(group, match, surer, a), Similarity(group, match, better, a));
        }
    }
}
