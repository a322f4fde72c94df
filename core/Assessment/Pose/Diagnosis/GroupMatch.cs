namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>One image and category, matched in one range of areas.</summary>
internal sealed class GroupMatch
{
    /// <summary>Places of the detections in their group, by descending score.</summary>
    public required int[] Ranked { get; init; }

    /// <summary>By threshold, then by rank: place of the annotation in its group; -1 = none.</summary>
    public required int[] Matches { get; init; }

    /// <summary>By annotation: a bit for each threshold at which a detection has it.</summary>
    public required ulong[] Taken { get; init; }

    /// <summary>By annotation: whether it counts neither for nor against the model.</summary>
    public required bool[] Ignored { get; init; }

    /// <summary>Similarity of each detection, by its place, with each annotation.</summary>
    public required double[] Similarities { get; init; }

    /// <summary>Annotation that a detection has at a threshold; -1 = none.</summary>
    public int Match(int threshold, int rank) => Matches[(threshold * Ranked.Length) + rank];
}
