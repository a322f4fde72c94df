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
        var rankings = new CocoRanking[categories.Length];
        var threads = new ParallelOptions { MaxDegreeOfParallelism = Options.Threads };
        Parallel.For(0, categories.Length, threads, category => rankings[category] = new CocoRanking(categories[category], Options.MaxDetections[^1]));
        Parallel.For(0, categories.Length * Options.Areas.Count, threads, () => new CocoBits(), (place, _, room) =>
        {
            var (category, area) = (place / Options.Areas.Count, place % Options.Areas.Count);
            Read(evaluation, category, area, new CocoCurve(rankings[category], area, room));
            return room;
        }, _ => { });
        return evaluation;
    }

    /// <summary>The cells of each category, by image.</summary>
    internal CocoCell[][] ByCategory()
    {
        var counts = new int[Categories.Count];
        foreach (var cell in cells)
            counts[cell.Category]++;
        var categories = new CocoCell[counts.Length][];
        for (var i = 0; i < categories.Length; i++)
            categories[i] = new CocoCell[counts[i]];
        Array.Clear(counts);
        foreach (var cell in cells)
            categories[cell.Category][counts[cell.Category]++] = cell;
        return categories;
    }

    private void Read(CocoEvaluation evaluation, int category, int area, CocoCurve curve)
    {
        for (var t = 0; t < Options.Thresholds.Count && curve.Counted > 0; t++)
        {
            for (var m = 0; m < Options.MaxDetections.Count - 1; m++)
                evaluation.SetRecall(t, category, area, m, curve.Recall(t, Options.MaxDetections[m]));
            var (precision, recall) = curve.At(t, Options.RecallPoints);
            evaluation.SetRecall(t, category, area, Options.MaxDetections.Count - 1, recall);
            evaluation.SetPrecision(t, category, area, precision);
        }
    }

    private CocoCounts Counts()
    {
        long counted = 0, hits = 0, annotations = 0, crowds = 0, detections = 0, cut = 0;
        double similarity = 0;
        foreach (var cell in cells)
        {
            (counted, hits, similarity) = (counted + cell.Counted[0], hits + cell.Hits, similarity + cell.Similarity);
            (annotations, crowds) = (annotations + cell.Annotations, crowds + cell.Crowds);
            (detections, cut) = (detections + cell.Scores.Length, cut + cell.Cut);
        }

        return new CocoCounts
        {
            Images = Truth.Images.Count,
            Annotations = annotations,
            Ignored = annotations - counted,
            Crowds = crowds,
            Detections = detections,
            DetectionsCut = cut,
            MeanSimilarity = hits == 0 ? CocoEvaluation.Undefined : similarity / hits,
        };
    }
}
