using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>Reads average precision off matched poses, as it is and as it would be without what is found or overlooked in the background.</summary>
/// <param name="set">The ground truth.</param>
/// <param name="thresholds">Those that the poses were matched at.</param>
internal sealed class PrecisionReader(PoseSet set, IReadOnlyList<double> thresholds)
{
    private static readonly IReadOnlyList<double> RecallPoints = CocoEvaluationOptions.Boxes.RecallPoints;

    /// <summary>Average precision as it is.</summary>
    public ImpactFigure AsItIs(Poses poses, CocoAreaRange range, GroupMatch[] matches) => Read(poses, range, matches, false, false);

    /// <summary>Without detections that have no annotation, threshold by threshold.</summary>
    public ImpactFigure WithoutFalsePositives(Poses poses, CocoAreaRange range, GroupMatch[] matches) => Read(poses, range, matches, true, false);

    /// <summary>And without the annotations, too, that no detection has at a threshold or a lower one.</summary>
    public ImpactFigure WithoutFalseNegatives(Poses poses, CocoAreaRange range, GroupMatch[] matches) => Read(poses, range, matches, true, true);

    private ImpactFigure Read(Poses poses, CocoAreaRange range, GroupMatch[] matches, bool withoutFound, bool withoutOverlooked)
    {
        var cells = new List<CocoCell>[set.Truth.Categories.Count];
        var counted = new long[set.Truth.Categories.Count, thresholds.Count];
        for (var g = 0; g < matches.Length; g++)
        {
            var (group, match) = (set.Groups[g], matches[g]);
            (cells[group.Category] ??= []).Add(Cell(group, match, poses, range, withoutFound));
            for (var a = 0; a < group.Truth.Length; a++)
            {
                for (var t = 0; t < thresholds.Count && !match.Ignored[a]; t++)
                {
                    if (withoutOverlooked && (match.Taken[a] & (1UL << t)) == 0)
                        break;
                    counted[group.Category, t]++;
                }
            }
        }

        var perThreshold = new double[thresholds.Count];
        double all = 0;
        var defined = 0;
        var curves = cells.Select(c => c is null ? null : new CocoCurve(new CocoRanking([.. c], PoseDiagnosisOptions.MostDetections), 0)).ToArray();
        for (var t = 0; t < thresholds.Count; t++)
        {
            double sum = 0;
            var categories = 0;
            for (var k = 0; k < curves.Length; k++)
            {
                if (curves[k] is not { } curve || counted[k, t] == 0)
                    continue;
                foreach (var precision in curve.At(t, RecallPoints, counted[k, t]).Precision)
                    sum += precision;
                categories++;
            }

            perThreshold[t] = categories == 0 ? CocoEvaluation.Undefined : sum / (categories * RecallPoints.Count);
            all += sum;
            defined += categories;
        }

        return new ImpactFigure(defined == 0 ? CocoEvaluation.Undefined : all / (defined * RecallPoints.Count), perThreshold);
    }

    private CocoCell Cell(PoseGroup group, GroupMatch match, Poses poses, CocoAreaRange range, bool withoutFound)
    {
        var cell = new CocoCell(group.Image, group.Category, 1, [.. match.Ranked.Select(d => poses.Scores[group.First + d])]);
        cell.Counted[0] = match.Ignored.Count(i => !i);
        for (var rank = 0; rank < match.Ranked.Length; rank++)
        {
            var outside = !range.Holds(set.Detections[group.First + match.Ranked[rank]].Area);
            for (var t = 0; t < thresholds.Count; t++)
            {
                var annotation = match.Match(t, rank);
                if (annotation >= 0)
                    cell.Matched[rank] |= 1UL << t;
                if (annotation >= 0 ? match.Ignored[annotation] : outside || withoutFound)
                    cell.Ignored[rank] |= 1UL << t;
            }
        }

        return cell;
    }
}
