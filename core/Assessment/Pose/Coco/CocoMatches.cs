namespace Iml4e.Assessment.Pose.Coco;

/// <summary>Detections matched with the ground truth, image by image: figures of all images or of any sample of them are put together of it.</summary>
public sealed class CocoMatches
{
    private readonly CocoCell[] cells;

    internal CocoMatches(CocoDataset truth, CocoEvaluationOptions options, CocoCell[] cells)
    {
        (Truth, Options, this.cells) = (truth, options, cells);
        Categories = options.ClassAgnostic ? [new CocoCategory(0, "any")] : truth.Categories;
    }

    /// <summary>The ground truth.</summary>
    public CocoDataset Truth { get; }

    /// <summary>The settings.</summary>
    public CocoEvaluationOptions Options { get; }

    /// <summary>The categories that figures are of; the single one "any" when all count as one.</summary>
    public IReadOnlyList<CocoCategory> Categories { get; }

    /// <summary>Precision and recall over all images.</summary>
    public CocoEvaluation Accumulate()
    {
        var evaluation = new CocoEvaluation(this, Counts());
        var categories = ByCategory();
        Parallel.For(0, categories.Length, new ParallelOptions { MaxDegreeOfParallelism = Options.Threads }, category =>
        {
            for (var m = 0; m < Options.MaxDetections.Count; m++)
            {
                var ranking = new CocoRanking(categories[category], Options.MaxDetections[m]);
                for (var area = 0; area < Options.Areas.Count; area++)
                {
                    var curve = new CocoCurve(ranking, area);
                    for (var t = 0; t < Options.Thresholds.Count && curve.Counted > 0; t++)
                        evaluation.Set(t, category, area, m, curve.At(t, Options.RecallPoints));
                }
            }
        });
        return evaluation;
    }

    /// <summary>The cells of each category, by image.</summary>
    internal CocoCell[][] ByCategory()
    {
        var lists = new List<CocoCell>[Categories.Count];
        for (var i = 0; i < lists.Length; i++)
            lists[i] = [];
        foreach (var cell in cells)
            lists[cell.Category].Add(cell);
        return [.. lists.Select(list => list.ToArray())];
    }

    private CocoCounts Counts()
    {
        var counted = cells.Sum(c => (long)c.Counted[0]);
        var hits = cells.Sum(c => (long)c.Hits);
        double similarity = 0;
        foreach (var cell in cells)
            similarity += cell.Similarity;
        return new CocoCounts
        {
            Images = Truth.Images.Count,
            Annotations = cells.Sum(c => (long)c.Annotations),
            Ignored = cells.Sum(c => (long)c.Annotations) - counted,
            Crowds = cells.Sum(c => (long)c.Crowds),
            Detections = cells.Sum(c => (long)c.Scores.Length),
            DetectionsCut = cells.Sum(c => (long)c.Cut),
            MeanSimilarity = hits == 0 ? CocoEvaluation.Undefined : similarity / hits,
        };
    }
}
