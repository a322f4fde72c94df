using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Tests.Unit.Assessment.Adversarial;

/// <summary>
/// Average precision as COCO's own program reckons it, step by step as that is written (evaluateImg, accumulate), slowly: the yardstick of the product's.
/// </summary>
internal static class CocoReference
{
    internal static double? Map(IReadOnlyList<JudgedImage> images, CocoAreaRange range)
    {
        var values = new List<double>();
        foreach (var kind in images.SelectMany(i => i.Truth).Select(t => t.Class).Distinct())
        {
            for (var t = 0; t < 10; t++)
            {
                if (Ap(images, kind, 0.5 + t * ((0.95 - 0.5) / 9), range) is { } ap)
                    values.Add(ap);
            }
        }

        return values.Count == 0 ? null : values.Average();
    }

    private static double? Ap(IReadOnlyList<JudgedImage> images, int kind, double threshold, CocoAreaRange range)
    {
        var (scores, matched, ignored, objects) = (new List<double>(), new List<bool>(), new List<bool>(), 0);
        foreach (var image in images)
        {
            var truth = image.Truth.Where(g => g.Class == kind).ToList();
            bool Out(double area) => area < range.Least || area > range.Most;
            var flags = truth.Select(g => g.Crowd || Out(g.Area ?? g.Box.Area)).ToList();
            var order = Enumerable.Range(0, truth.Count).OrderBy(g => flags[g] ? 1 : 0).ToList();
            objects += flags.Count(f => !f);
            var taken = new bool[truth.Count];
            foreach (var d in image.Found.Where(f => f.Class == kind).OrderByDescending(f => f.Score).Take(100))
            {
                var (iou, m) = (Math.Min(threshold, 1 - 1e-10), -1);
                foreach (var g in order)
                {
                    if (taken[g] && !truth[g].Crowd)
                        continue;
                    if (m > -1 && !flags[m] && flags[g])
                        break;
                    var common = Math.Max(0, Math.Min(d.Box.X2, truth[g].Box.X2) - Math.Max(d.Box.X1, truth[g].Box.X1))
                        * Math.Max(0, Math.Min(d.Box.Y2, truth[g].Box.Y2) - Math.Max(d.Box.Y1, truth[g].Box.Y1));
                    var union = truth[g].Crowd ? d.Box.Area : d.Box.Area + truth[g].Box.Area - common;
                    if (common / union < iou)
                        continue;
                    (iou, m) = (common / union, g);
                }

                scores.Add(d.Score);
                matched.Add(m > -1);
                ignored.Add(m > -1 ? flags[m] : Out(d.Box.Area));
                if (m > -1)
                    taken[m] = true;
            }
        }

        if (objects == 0)
            return null;
        var sorted = Enumerable.Range(0, scores.Count).OrderByDescending(i => scores[i]).ToList();
        var (tp, fp, recall, precision) = (0.0, 0.0, new List<double>(), new List<double>());
        foreach (var i in sorted)
        {
            tp += matched[i] && !ignored[i] ? 1 : 0;
            fp += !matched[i] && !ignored[i] ? 1 : 0;
            recall.Add(tp / objects);
            precision.Add(tp / (fp + tp + double.Epsilon));
        }

        for (var i = precision.Count - 1; i > 0; i--)
            precision[i - 1] = Math.Max(precision[i - 1], precision[i]);
        double sum = 0;
        for (var r = 0; r <= 100; r++)
        {
            var at = recall.FindIndex(v => v >= (r == 100 ? 1 : r * 0.01));
            sum += at < 0 ? 0 : precision[at];
        }

        return sum / 101;
    }
}
