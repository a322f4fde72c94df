namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>Drops what overlaps a better candidate of the same class: greedy, in falling order of scores.</summary>
public static class NonMaximumSuppression
{
    /// <summary>Keeps the best.</summary>
    /// <param name="candidates">In any order; equal scores stay in the order given.</param>
    /// <param name="overlap">IoU above which the lesser of two is dropped.</param>
    /// <param name="most">How many are kept at most.</param>
    public static IReadOnlyList<DetectedObject> Apply(IEnumerable<DetectedObject> candidates, double overlap, int most)
    {
        var kept = new List<DetectedObject>();
        foreach (var candidate in candidates.OrderByDescending(c => c.Score))
        {
            if (kept.Count >= most)
                break;
            var free = true;
            foreach (var other in kept)
            {
                if (other.Class == candidate.Class && other.Box.Overlap(candidate.Box) > overlap)
                {
                    free = false;
                    break;
                }
            }

            if (free)
                kept.Add(candidate);
        }

        return kept;
    }
}
