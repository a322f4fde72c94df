using Iml4e.Assessment.Adversarial.Detection;

namespace Iml4e.Assessment.Adversarial.Scores;

/// <summary>
/// Mean average precision of a detector on a set of images, as COCO and VOC define it. Detections are matched once; what is asked afterwards, resampled images
/// among it, is counting.
/// </summary>
public sealed class MapEvaluation
{
    private static readonly double[] CocoOverlaps = [.. Enumerable.Range(0, 10).Select(i => 0.5 + i * ((0.95 - 0.5) / 9))];
    private readonly ApMethod _method;
    private readonly double[] _overlaps;
    private readonly Dictionary<int, ClassMatches[]> _classes = [];
    private readonly int _images;

    /// <summary>Matches detections with true objects.</summary>
    /// <param name="images">The images.</param>
    /// <param name="method">Which mean average precision.</param>
    /// <param name="sizes">Only objects of these sizes; null = all.</param>
    /// <param name="most">Most detections of a class that count in an image.</param>
    public MapEvaluation(IReadOnlyList<JudgedImage> images, ApMethod method = ApMethod.Coco, SizeRange? sizes = null, int most = 100)
    {
        ArgumentNullException.ThrowIfNull(images);
        (_method, _images) = (method, images.Count);
        _overlaps = method == ApMethod.Coco ? CocoOverlaps : [0.5];
        foreach (var kind in images.SelectMany(i => i.Truth.Select(t => t.Class)).Distinct().Order())
        {
            _classes.Add(kind, [.. images.Select(i => ClassMatches.Of(
                [.. i.Found.Where(f => f.Class == kind).OrderByDescending(f => f.Score).Take(most)], [.. i.Truth.Where(t => t.Class == kind)], _overlaps,
                sizes ?? SizeRange.All))]);
        }
    }

    /// <summary>The score of all images.</summary>
    public MapScore Score() => Score([.. Enumerable.Range(0, _images)]);

    /// <summary>The score of some images; one may come several times.</summary>
    public MapScore Score(IReadOnlyList<int> images)
    {
        var perClass = new Dictionary<int, double>();
        var perOverlap = new double[_overlaps.Length];
        foreach (var (kind, matches) in _classes)
        {
            var objects = images.Sum(i => matches[i].Objects);
            if (objects == 0)
                continue;
            var order = Order(images, matches);
            double sum = 0;
            for (var t = 0; t < _overlaps.Length; t++)
            {
                var hits = new List<bool>(order.Count);
                foreach (var (image, place) in order)
                {
                    if (matches[image].Verdicts[t][place] is { } hit)
                        hits.Add(hit);
                }

                var ap = AveragePrecision.Of(hits.ToArray(), objects, _method);
                perOverlap[t] += ap;
                sum += ap;
            }

            perClass.Add(kind, sum / _overlaps.Length);
        }

        if (perClass.Count == 0)
            return new MapScore(null, null, null, perClass);
        return new MapScore(
            perClass.Values.Average(), perOverlap[0] / perClass.Count, _overlaps.Length > 5 ? perOverlap[5] / perClass.Count : null, perClass);
    }

    // Equal scores stay in the order of the images.
    private static List<(int Image, int Place)> Order(IReadOnlyList<int> images, ClassMatches[] matches)
    {
        var all = new List<(int Image, int Place, double Score)>();
        foreach (var i in images)
        {
            for (var p = 0; p < matches[i].Scores.Length; p++)
                all.Add((i, p, matches[i].Scores[p]));
        }

        return [.. all.OrderByDescending(a => a.Score).Select(a => (a.Image, a.Place))];
    }

    /// <summary>Detections of one class in one image: scores in falling order, and for each overlap whether each is right; null = it does not count.</summary>
    private sealed record ClassMatches(double[] Scores, bool?[][] Verdicts, int Objects)
    {
        internal static ClassMatches Of(DetectedObject[] found, TrueObject[] truth, double[] overlaps, SizeRange sizes)
        {
            bool Ignored(TrueObject t) => t.Ignored || t.Crowd || !sizes.Contains(t.Area ?? t.Box.Area);
            // Those that count first, so that they are matched first.
            TrueObject[] sorted = [.. truth.OrderBy(Ignored)];
            var ignored = Array.ConvertAll(sorted, Ignored);
            var table = found.Select(f => sorted.Select(t => t.Crowd ? Covered(f.Box, t.Box) : f.Box.Overlap(t.Box)).ToArray()).ToArray();
            return new ClassMatches(
                Array.ConvertAll(found, f => f.Score), [.. overlaps.Select(o => Match(found, sorted, ignored, table, o, sizes))], ignored.Count(i => !i));
        }

        private static bool?[] Match(DetectedObject[] found, TrueObject[] truth, bool[] ignored, double[][] table, double overlap, SizeRange sizes)
        {
            var taken = new bool[truth.Length];
            var verdicts = new bool?[found.Length];
            for (var f = 0; f < found.Length; f++)
            {
                var (best, match) = (Math.Min(overlap, 1 - 1e-10), -1);
                for (var t = 0; t < truth.Length; t++)
                {
                    if (taken[t] && !truth[t].Crowd)
                        continue;
                    if (match >= 0 && !ignored[match] && ignored[t])
                        break;
                    if (table[f][t] < best)
                        continue;
                    (best, match) = (table[f][t], t);
                }

                if (match >= 0)
                {
                    taken[match] = true;
                    verdicts[f] = ignored[match] ? null : true;
                }
                else
                {
                    verdicts[f] = sizes.Contains(found[f].Box.Area) ? false : null;
                }
            }

            return verdicts;
        }

        // In a crowd it counts how much of the detection lies within.
        private static double Covered(Box found, Box crowd) => found.Area > 0 ? found.Common(crowd) / found.Area : 0;
    }
}
