using System.Globalization;
using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>Diagnoses the model again for objects that are alike: as crowded, as visible, as large.</summary>
/// <param name="set">The ground truth.</param>
/// <param name="options">The settings.</param>
internal sealed class SensitivityAnalysis(PoseSet set, PoseDiagnosisOptions options)
{
    // From here on two boxes overlap.
    private const double Overlap = .1;
    private const int MostOverlaps = 8;

    private static readonly double[] Threshold = [PoseDiagnosisOptions.SensitivityThreshold];

    private static readonly CocoAreaRange[] Sizes =
    [
        new("medium", 32 * 32, 64 * 64), new("large", 64 * 64, 96 * 96), new("xlarge", 96 * 96, 128 * 128), new("xxlarge", 128 * 128, 1e10),
        PoseDiagnosisOptions.All,
    ];

    private readonly KeypointCorrector corrector = new(set, options.Distance);

    /// <summary>By overlaps and labelled keypoints.</summary>
    public CrowdingSensitivity Crowding()
    {
        var overlaps = Overlaps();
        var ends = Ends(set.Skeleton.Keypoints.Count);
        var cells = new List<CrowdingCell>();
        for (var crowd = 0; crowd < 3; crowd++)
        {
            for (var quarter = 0; quarter < ends.Length; quarter++)
            {
                var least = quarter == 0 ? 1 : ends[quarter - 1] + 1;
                var other = new bool[overlaps.Length];
                for (var a = 0; a < other.Length; a++)
                {
                    var points = set.Truth.Annotations[a].LabelledKeypoints;
                    other[a] = (overlaps[a] switch { 0 => 0, <= 2 => 1, _ => 2 }) != crowd || points < least || points > ends[quarter];
                }

                cells.Add(Cell(((string[])["0", "1-2", "3-8"])[crowd], Span(least, ends[quarter]), other));
            }
        }

        return new CrowdingSensitivity(cells, overlaps.DefaultIfEmpty().Max(), overlaps.Count(o => o > MostOverlaps));
    }

    /// <summary>By size.</summary>
    public SizeSensitivity Size()
    {
        var tables = Sizes.Select(range =>
        {
            var analysis = new ImpactAnalysis(set, new PoseMatcher(set, range, options.Threads), Threshold, corrector);
            return analysis.Independent(range.Name, analysis.Labels());
        }).ToArray();
        var instances = Sizes.Select(range => set.Truth.Annotations.Count(a => !a.IsCrowd && a.LabelledKeypoints > 0 && range.Holds(a.Area))).ToArray();
        return new SizeSensitivity(
            tables, instances, Spread(tables.SkipLast(1).Select(t => CocoEvaluation.Defined(t.Baseline.Ap))),
            Enum.GetValues<PoseError>().ToDictionary(error => error, error => (Spread(tables.SkipLast(1).Select(t => t[error].Gain)), tables[^1][error].Gain)));
    }

    /// <summary>Upper ends of the four classes of labelled keypoints.</summary>
    internal static int[] Ends(int keypoints) =>
        keypoints == 17 ? [5, 10, 15, 17] : [.. Enumerable.Range(1, 4).Select(quarter => ((keypoints * quarter) + 3) / 4)];

    private static string Span(int least, int most) => least > most ? "none"
        : least == most ? least.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{least}-{most}");

    private static double? Spread(IEnumerable<double?> values)
    {
        var there = values.OfType<double>().ToArray();
        return there.Length < 2 ? null : there.Max() - there.Min();
    }

    private CrowdingCell Cell(string overlaps, string keypoints, bool[] other)
    {
        var analysis = new ImpactAnalysis(set, new PoseMatcher(set, PoseDiagnosisOptions.All, options.Threads, other), Threshold, corrector);
        var labelled = analysis.Labels();
        var own = labelled.Where(pose => !other[pose.Annotation]).ToArray();
        return new CrowdingCell(
            overlaps, keypoints, other.Count(o => !o), KeypointTaxonomy.Labels.ToDictionary(label => label, label => own.Sum(pose => (long)pose.Count(label))),
            analysis.Progressive(PoseDiagnosisOptions.All.Name, labelled, options.Order));
    }

    // Of each annotation the others of its image whose boxes overlap its own.
    private int[] Overlaps()
    {
        var overlaps = new int[set.Truth.Annotations.Count];
        foreach (var image in set.ByImage)
        {
            foreach (var a in image)
                overlaps[a] = image.Count(b => b != a && set.Truth.Annotations[a].Box.Iou(set.Truth.Annotations[b].Box) > Overlap);
        }

        return overlaps;
    }
}
