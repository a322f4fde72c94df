namespace Iml4e.Assessment.Pose.Coco;

/// <summary>
/// One image and category, matched: what the accumulation needs of it. Detections are by descending score, those beyond the largest maximum left out.
/// </summary>
internal sealed class CocoCell(int image, int category, int areas, double[] scores)
{
    /// <summary>Place of the image.</summary>
    public int Image => image;

    /// <summary>Place of the category.</summary>
    public int Category => category;

    /// <summary>Scores of the detections.</summary>
    public double[] Scores => scores;

    /// <summary>Annotations that count, by range of areas.</summary>
    public int[] Counted { get; } = new int[areas];

    /// <summary>By range of areas and detection: a bit for each threshold at which it has an annotation.</summary>
    public ulong[] Matched { get; } = new ulong[areas * scores.Length];

    /// <summary>By range of areas and detection: a bit for each threshold at which it counts neither for nor against the model.</summary>
    public ulong[] Ignored { get; } = new ulong[areas * scores.Length];

    /// <summary>Sum of the similarities of what counts as a hit at the first threshold, of the first range of areas.</summary>
    public double Similarity { get; set; }

    /// <summary>What counts as a hit at the first threshold, of the first range of areas.</summary>
    public int Hits { get; set; }

    /// <summary>Detections that were beyond the largest maximum.</summary>
    public int Cut { get; init; }

    /// <summary>Annotations that are crowds.</summary>
    public int Crowds { get; init; }

    /// <summary>Annotations.</summary>
    public int Annotations { get; init; }
}
