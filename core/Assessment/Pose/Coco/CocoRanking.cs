namespace Iml4e.Assessment.Pose.Coco;

/// <summary>The detections of one category over all images, by descending score; equal ones by image, and then by their order in it.</summary>
internal sealed class CocoRanking
{
    /// <summary>Ranks.</summary>
    /// <param name="cells">Of the category, by image.</param>
    /// <param name="most">Detections an image.</param>
    public CocoRanking(CocoCell[] cells, int most)
    {
        Cells = cells;
        var count = cells.Sum(c => Math.Min(most, c.Scores.Length));
        Ranked = new (int Cell, int Detection)[count];
        var keys = new Key[count];
        var at = 0;
        for (var cell = 0; cell < cells.Length; cell++)
        {
            for (var d = 0; d < Math.Min(most, cells[cell].Scores.Length); d++)
            {
                keys[at] = new Key(cells[cell].Scores[d], at);
                Ranked[at++] = (cell, d);
            }
        }

        Array.Sort(keys, Ranked);
    }

    /// <summary>The cells.</summary>
    public CocoCell[] Cells { get; }

    /// <summary>Cell and detection, the surest first.</summary>
    public (int Cell, int Detection)[] Ranked { get; }

    private readonly record struct Key(double Score, int Place) : IComparable<Key>
    {
        public int CompareTo(Key other) => other.Score.CompareTo(Score) is var byScore && byScore != 0 ? byScore : Place.CompareTo(other.Place);
    }
}
