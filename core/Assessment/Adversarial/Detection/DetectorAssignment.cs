namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>What a loss expects of each candidate of an image, as weights; found out once, on the clean image.</summary>
internal sealed class DetectorAssignment(int points)
{
    private const double PositiveOverlap = 0.5;
    private const double NegativeOverlap = 0.4;
    private const int BestOfEach = 3;
    private const float NegativePart = 0.5f;

    /// <summary>Weight of there being something.</summary>
    internal float[] Present { get; } = new float[points];

    /// <summary>Weight of there being nothing.</summary>
    internal float[] Absent { get; } = new float[points];

    /// <summary>Weight of the box.</summary>
    internal float[] Located { get; } = new float[points];

    /// <summary>Weight of the class.</summary>
    internal float[] Classified { get; } = new float[points];

    /// <summary>The box wanted.</summary>
    internal float[] Boxes { get; } = new float[points * 4];

    /// <summary>The class wanted.</summary>
    internal int[] Classes { get; } = new int[points];

    /// <summary>Every candidate alike: nothing is there, with this weight.</summary>
    internal static DetectorAssignment Nothing(int points, float weight)
    {
        var result = new DetectorAssignment(points);
        Array.Fill(result.Absent, weight);
        return result;
    }

    /// <summary>
    /// Positives are the candidates that overlap an object by more than 0.5, or its best three; negatives overlap none by 0.4. A candidate belongs to the
    /// object that it overlaps most.
    /// </summary>
    internal static DetectorAssignment Of(CandidateRow candidates, IReadOnlyList<TrueObject> objects, DetectorWeights weights)
    {
        var result = new DetectorAssignment(candidates.Count);
        var owner = new int[candidates.Count];
        var (best, nearest) = (new double[candidates.Count], new double[candidates.Count]);
        Array.Fill(owner, -1);
        for (var t = 0; t < objects.Count; t++)
        {
            var overlaps = new (int Point, double Overlap)[candidates.Count];
            for (var p = 0; p < candidates.Count; p++)
            {
                overlaps[p] = (p, candidates.Box(p).Overlap(objects[t].Box));
                nearest[p] = Math.Max(nearest[p], overlaps[p].Overlap);
            }

            foreach (var (point, overlap) in overlaps.OrderByDescending(o => o.Overlap).Where((o, rank) => o.Overlap > PositiveOverlap || rank < BestOfEach))
            {
                if (owner[point] < 0 || overlap > best[point])
                    (owner[point], best[point]) = (t, overlap);
            }
        }

        var positives = owner.Count(o => o >= 0);
        var negatives = Enumerable.Range(0, candidates.Count).Count(p => owner[p] < 0 && nearest[p] < NegativeOverlap);
        for (var p = 0; p < candidates.Count; p++)
        {
            if (owner[p] >= 0)
                result.Want(p, objects[owner[p]], weights);
            else if (nearest[p] < NegativeOverlap)
                result.Absent[p] = weights.Objectness * NegativePart * Math.Max(1, positives) / negatives;
        }

        return result;
    }

    private void Want(int point, TrueObject wanted, DetectorWeights weights)
    {
        (Present[point], Located[point], Classified[point], Classes[point]) = (weights.Objectness, weights.Box, weights.Class, wanted.Class);
        var box = wanted.Box;
        (Boxes[4 * point], Boxes[4 * point + 1], Boxes[4 * point + 2], Boxes[4 * point + 3]) = ((float)box.X1, (float)box.Y1, (float)box.X2, (float)box.Y2);
    }
}
