using System.Globalization;
using System.Text;

namespace Iml4e.Benchmarks.Poses;

/// <summary>Writes a ground truth and results of it, as large as is wanted; the same seed gives the same bytes.</summary>
/// <param name="folder">Where to.</param>
internal sealed class PoseFiles(string folder)
{
    private const int Keypoints = 17;
    private const int Seed = 1;

    // Where the keypoints of a person stand in the box, as shares of it.
    private static readonly (double X, double Y)[] Figure =
    [
        (.5, .08), (.54, .06), (.46, .06), (.6, .08), (.4, .08), (.7, .22), (.3, .22), (.82, .4), (.18, .4), (.88, .55), (.12, .55), (.64, .55), (.36, .55),
        (.66, .76), (.34, .76), (.68, .96), (.32, .96),
    ];

    /// <summary>The ground truth.</summary>
    public string Truth => Path.Combine(folder, "gt.json");

    /// <summary>Poses.</summary>
    public string Poses => Path.Combine(folder, "dt.json");

    /// <summary>Boxes.</summary>
    public string Boxes => Path.Combine(folder, "dt_bbox.json");

    /// <summary>Writes images with two people on average, and eight detections of each: one near it and others that are less so.</summary>
    public PoseFiles Write(int images, int people, int detections)
    {
        var random = new Random(Seed);
        var boxes = new (int Image, double X, double Y, double W, double H)[people];
        using (var truth = Open(Truth))
        {
            truth.Write("{\"images\":[");
            for (var i = 1; i <= images; i++)
            {
                truth.Write(string.Create(
                    CultureInfo.InvariantCulture, $"{(i > 1 ? "," : "")}{{\"id\":{i},\"width\":640,\"height\":480,\"file_name\":\"{i:D12}.jpg\"}}"));
            }

            truth.Write("],\"categories\":[{\"id\":1,\"name\":\"person\"}],\"annotations\":[");
            for (var i = 0; i < people; i++)
            {
                var (w, h) = (30 + (200 * random.NextDouble()), 60 + (300 * random.NextDouble()));
                boxes[i] = ((i % images) + 1, random.NextDouble() * (640 - w), random.NextDouble() * (480 - h), w, h);
                var (image, x, y, _, _) = boxes[i];
                truth.Write(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{(i > 0 ? "," : "")}{{\"id\":{i + 1},\"image_id\":{image},\"category_id\":1,\"iscrowd\":0,\"area\":{.5 * w * h:F2},"));
                truth.Write(string.Create(
                    CultureInfo.InvariantCulture, $"\"bbox\":[{x:F2},{y:F2},{w:F2},{h:F2}],\"num_keypoints\":17,\"keypoints\":["));
                for (var k = 0; k < Keypoints; k++)
                {
                    var seen = random.Next(4) == 0 ? 1 : 2;
                    truth.Write(string.Create(
                        CultureInfo.InvariantCulture, $"{(k > 0 ? "," : "")}{x + (w * Figure[k].X):F0},{y + (h * Figure[k].Y):F0},{seen}"));
                }

                truth.Write("]}");
            }

            truth.Write("]}");
        }

        WriteResults(detections, boxes, random);
        return this;
    }

    private void WriteResults(int detections, (int Image, double X, double Y, double W, double H)[] boxes, Random random)
    {
        using var poses = Open(Poses);
        using var found = Open(Boxes);
        for (var i = 0; i < detections; i++)
        {
            var (image, x, y, w, h) = boxes[i % boxes.Length];
            // The first of each person is the best.
            var off = (.02 + (.1 * (i / boxes.Length))) * random.NextDouble();
            var score = Math.Round(Math.Clamp(1 - off - (.3 * random.NextDouble()), 0, 1), 6);
            var start = string.Create(CultureInfo.InvariantCulture, $"{(i > 0 ? "," : "[")}{{\"image_id\":{image},\"category_id\":1,\"score\":{score},");
            poses.Write(start + "\"keypoints\":[");
            for (var k = 0; k < Keypoints; k++)
            {
                var (px, py) = (x + (w * (Figure[k].X + Off(off))), y + (h * (Figure[k].Y + Off(off))));
                poses.Write(string.Create(CultureInfo.InvariantCulture, $"{(k > 0 ? "," : "")}{px:F2},{py:F2},{random.NextDouble():F4}"));
            }

            poses.Write("]}");
            found.Write(start + string.Create(
                CultureInfo.InvariantCulture, $"\"bbox\":[{x + (w * Off(off)):F2},{y + (h * Off(off)):F2},{w * (1 + Off(off)):F2},{h * (1 + Off(off)):F2}]}}"));
        }

        poses.Write(detections == 0 ? "[]" : "]");
        found.Write(detections == 0 ? "[]" : "]");

        double Off(double most) => 2 * most * (random.NextDouble() - .5);
    }

    private static StreamWriter Open(string path) => new(path, false, new UTF8Encoding(false), 1 << 20);
}
