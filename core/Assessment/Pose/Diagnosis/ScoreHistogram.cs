namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>Scores of the best detections of objects that have several, beside those of the others.</summary>
/// <param name="Edges">Ends of the bins, one more than there are bins; empty when no object has several detections.</param>
/// <param name="Best">Best detections in each bin.</param>
/// <param name="Others">The others in each bin.</param>
public sealed record ScoreHistogram(IReadOnlyList<double> Edges, IReadOnlyList<int> Best, IReadOnlyList<int> Others)
{
    private const int Bins = 20;

    /// <summary>Counts scores in bins of equal width.</summary>
    internal static ScoreHistogram Of(IReadOnlyList<double> best, IReadOnlyList<double> others)
    {
        if (best.Count == 0)
            return new ScoreHistogram([], [], []);
        var all = best.Concat(others).ToArray();
        var (least, most) = (all.Min(), all.Max());
        var width = most > least ? (most - least) / Bins : 1;
        return new ScoreHistogram([.. Enumerable.Range(0, Bins + 1).Select(i => least + (i * width))], Count(best), Count(others));

        int[] Count(IReadOnlyList<double> scores)
        {
            var counts = new int[Bins];
            foreach (var score in scores)
                counts[Math.Clamp((int)((score - least) / width), 0, Bins - 1)]++;
            return counts;
        }
    }
}
