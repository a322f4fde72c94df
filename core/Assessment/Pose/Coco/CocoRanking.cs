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
        var firsts = new int[cells.Length];
        var count = 0;
        for (var cell = 0; cell < cells.Length; cell++)
            (firsts[cell], count) = (count, count + Math.Min(most, cells[cell].Scores.Length));
        var scores = new double[count];
        var cellOf = new int[count];
        for (var cell = 0; cell < cells.Length; cell++)
        {
            var first = firsts[cell];
            for (var d = 0; d < Math.Min(most, cells[cell].Scores.Length); d++)
                (scores[first + d], cellOf[first + d]) = (cells[cell].Scores[d], cell);
        }

        // The places become those in the cells: there are many detections, and one list less of them is some memory less.
        DetectionOf = StableOrder.Descending(scores);
        CellOf = new int[count];
        for (var i = 0; i < count; i++)
        {
            CellOf[i] = cellOf[DetectionOf[i]];
            DetectionOf[i] -= firsts[CellOf[i]];
        }
    }

    /// <summary>The cells.</summary>
    public CocoCell[] Cells { get; }

    /// <summary>Cell of each detection, the surest first.</summary>
    public int[] CellOf { get; }

    /// <summary>Its place in the cell.</summary>
    public int[] DetectionOf { get; }
}
