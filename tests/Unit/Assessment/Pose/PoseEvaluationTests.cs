using System.Globalization;
using System.Text;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Diagnosis;
using Iml4e.Assessment.Pose.Json;
using Iml4e.Assessment.Pose.Results;
using Iml4e.Assessment.Pose.Skeletons;

namespace Iml4e.Tests.Unit.Assessment.Pose;

/// <summary>What several threads at once must not change.</summary>
public sealed class PoseEvaluationTests
{
    private const string Truth =
        """
        {"images":[{"id":1,"width":64,"height":48}],"categories":[{"id":1,"name":"p"}],
         "annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[1,2,3,4],"area":12}]}
        """;

    private const string Found = """{"image_id":1,"category_id":1,"score":0.5,"bbox":[1,2,3,4]}""";
    private const string Elsewhere = """{"image_id":2,"category_id":1,"score":0.5,"bbox":[1,2,3,4]}""";
    private const string Unsure = """{"image_id":2,"category_id":1,"score":NaN,"bbox":[1,2,3,4]}""";

    // Few keypoints are soon diagnosed.
    private static readonly SkeletonDefinition Four = new("four", ["nose", "left_hip", "right_hip", "tail"], [.05, .08, .08, .1], [(1, 2)]);

    private static readonly int[] AnyThreads = [1, 2, 8];

    /// <summary>Whichever file is read sooner, long or short.</summary>
    [Theory]
    [InlineData("{}", "{}", "The ground truth: The list images is not there")]
    [InlineData("[", "[1,", "The ground truth: A ground truth is an object")]
    [InlineData("{}", "[]", "The ground truth: ")]
    [InlineData("{\"images\":", "long", "The ground truth: The file is no whole JSON document")]
    [InlineData("long", "{", "The ground truth: The file is no whole JSON document")]
    [InlineData("right", "{", "The result file: Results are a list")]
    [InlineData("right", "long", "The result file: 5000 of 5000 records are wrong: [0].score: must be a finite number, not NaN")]
    public void Of_two_wrong_files_the_ground_truth_is_told(string truth, string results, string told)
    {
        var many = string.Join(",", Enumerable.Repeat(Unsure, 5_000));
        truth = truth switch { "right" => Truth, "long" => $$"""{"x":[{{many}}],"images":[{]}""", _ => truth };
        results = results == "long" ? $"[{many}]" : results;
        foreach (var threads in AnyThreads)
        {
            for (var i = 0; i < 5; i++)
            {
                var refused = Assert.Throws<CocoFormatException>(() => Evaluated(truth, results, new() { Kind = CocoEvaluationKind.Boxes, Threads = threads }));
                Assert.StartsWith(told, refused.Message, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>Records that are wrong by themselves and those that the ground truth makes wrong are told in the order of the file.</summary>
    [Fact]
    public void Wrong_records_are_told_in_their_order()
    {
        string[] records = [Unsure, Found, Elsewhere, "7", Elsewhere, Found, Unsure, Elsewhere];
        var text = $"[{string.Join(",", records)}]";
        string[] expected =
        [
            "[0].score: must be a finite number, not NaN", "[2].image_id: the ground truth has no image 2", "[3]: must be an object",
            "[4].image_id: the ground truth has no image 2", "[6].score: must be a finite number, not NaN", "[7].image_id: the ground truth has no image 2",
        ];
        foreach (var threads in AnyThreads)
        {
            var request = new PoseEvaluationRequest { Kind = CocoEvaluationKind.Boxes, Threads = threads };
            var refused = Assert.Throws<CocoFormatException>(() => Evaluated(Truth, text, request));
            Assert.Equal($"The result file: 6 of 8 records are wrong: {string.Join("; ", expected.Take(5))}", refused.Message);
            var left = Evaluated(Truth, text, request with { SkipInvalid = true });
            Assert.Equal(expected, left.Skipped.Select(s => s.ToString()));
            Assert.Equal(2, left.Detections.Count);
        }
    }

    [Theory]
    [InlineData(99, 1)]
    [InlineData(100, 1)]
    [InlineData(150, 3)]
    public void The_first_hundred_are_told_and_all_are_counted(int wrong, int every)
    {
        var records = Enumerable.Range(0, wrong * every).SelectMany(i => i % every == 0 ? [Unsure, Elsewhere] : new[] { Found }).ToList();
        var left = Evaluated(Truth, $"[{string.Join(",", records)}]", new() { Kind = CocoEvaluationKind.Boxes, SkipInvalid = true });
        var expected = records.Index().Where(r => r.Item != Found).Select(r => $"[{r.Index}].{(r.Item == Unsure ? "score" : "image_id")}").Take(100);
        Assert.Equal(expected, left.Skipped.Select(s => s.Path));
        Assert.Equal(records.Count(r => r == Found), left.Detections.Count);
        Assert.Contains($"{2 * wrong} records of the results are wrong and were left out.", left.Warnings);
    }

    /// <summary>From files to figures and diagnosis, on a set that no thread is through with before the others begin.</summary>
    [Fact]
    public void Any_number_of_threads_gives_the_same_bytes()
    {
        var (truth, results) = Generated(images: 200, people: 2, detections: 2);
        var request = new PoseEvaluationRequest
        {
            Kind = CocoEvaluationKind.Keypoints, Skeleton = Four, Analysis = CorrectionDistance.Strict, Sensitivity = false,
        };
        var runs = AnyThreads.SelectMany(threads => Enumerable.Range(0, 10).Select(_ => Written(truth, results, request with { Threads = threads }))).ToList();
        Assert.Contains("\"errors\":", runs[0], StringComparison.Ordinal);
        Assert.All(runs, run => Assert.Equal(runs[0], run));
    }

    private static string Written(string truth, string results, PoseEvaluationRequest request)
    {
        using var stream = new MemoryStream();
        PoseEvaluationJson.Write(stream, Evaluated(truth, results, request));
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static PoseEvaluation Evaluated(string truth, string results, PoseEvaluationRequest request)
    {
        using var first = new MemoryStream(Encoding.UTF8.GetBytes(truth));
        using var second = new MemoryStream(Encoding.UTF8.GetBytes(results));
        return PoseEvaluation.Of(first, second, request);
    }

    // People who stand near one another, so that there are errors of all kinds; scores with ties.
    private static (string Truth, string Results) Generated(int images, int people, int detections)
    {
        var random = new Random(3);
        List<string> rows = [], annotations = [], found = [];
        for (var i = 0; i < images * people; i++)
        {
            var image = (i / people) + 1;
            var left = 200 + (90 * (i % people));
            var points = Enumerable.Range(0, Four.Keypoints.Count).Select(_ => (X: left + (80 * random.NextDouble()), Y: 100 + (200 * random.NextDouble()))).ToArray();
            var keypoints = Joined(points.Select(p => Invariant($"{p.X:F2},{p.Y:F2},{random.Next(3)}")));
            annotations.Add(Invariant(
                $"{{\"id\":{i},\"image_id\":{image},\"category_id\":1,\"bbox\":[{left},100,80,200],\"area\":9000,\"keypoints\":[{keypoints}]}}"));
            for (var d = 0; d < detections; d++)
            {
                var off = random.Next(1, 60);
                var poses = Joined(points.Select(p => Invariant($"{p.X + (off * random.NextDouble()):F2},{p.Y + (off * random.NextDouble()):F2},1")));
                found.Add(Invariant($"{{\"image_id\":{image},\"category_id\":1,\"score\":{random.Next(50) / 50.0},\"keypoints\":[{poses}]}}"));
            }
        }

        for (var image = 1; image <= images; image++)
            rows.Add(Invariant($"{{\"id\":{image},\"width\":640,\"height\":480}}"));
        const string Categories = """[{"id":1,"name":"person"}]""";
        return ($$"""{"images":[{{Joined(rows)}}],"categories":{{Categories}},"annotations":[{{Joined(annotations)}}]}""", $"[{Joined(found)}]");
    }

    private static string Joined(IEnumerable<string> parts) => string.Join(",", parts);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
