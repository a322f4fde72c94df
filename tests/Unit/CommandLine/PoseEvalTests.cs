using System.Text;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Diagnosis;
using Iml4e.Assessment.Pose.Results;
using Iml4e.CommandLine;
using Iml4e.CommandLine.Jobs;
using Iml4e.CommandLine.Poses;
using Iml4e.Tests.Unit.Inference;

namespace Iml4e.Tests.Unit.CommandLine;

/// <summary>Evaluating files where they lie.</summary>
public sealed class PoseEvalTests : IDisposable
{
    private const string Truth =
        """
        {"images":[{"id":1,"width":64,"height":48},{"id":2,"width":64,"height":48}],"categories":[{"id":1,"name":"person","keypoints":["l","r"]}],
         "annotations":[{"id":7,"image_id":1,"category_id":1,"bbox":[1,2,40,40],"area":1600,"keypoints":[1,2,2,30,40,1]}]}
        """;

    private const string Results = """[{"image_id":1,"category_id":1,"score":0.5,"keypoints":[1,2,1,30,40,0.1],"bbox":[1,2,40,40]}]""";
    private const string Skeleton = """{"name":"two","keypoints":["l","r"],"sigmas":[0.1,0.1],"flipPairs":[[0,1]]}""";

    private readonly string folder = Directory.CreateTempSubdirectory("iml4e-pose-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void One_object_with_everything_is_written()
    {
        var written = Run(Truth, Results, o => o with { Analysis = CorrectionDistance.Strict, Metrics = PoseCommands.Metrics("pck, pckh,mpjpe,angles")! });
        Assert.Equal("keypoints", (string?)written["type"]);
        Assert.Equal(["AP", "AP50", "AP75", "APm", "APl", "AR", "AR50", "AR75", "ARm", "ARl"], written["stats"]!.AsObject().Select(s => s.Key));
        Assert.Equal((1.0, -1.0), (Math.Round((double)written["stats"]!["AP"]!, 12), (double)written["stats"]!["APl"]!));
        Assert.Equal((10, 10), (written["apPerThreshold"]!.AsArray().Count, written["arPerThreshold"]!.AsArray().Count));
        Assert.Equal(1, (double)written["apPerCategory"]!["1"]!, 1e-12);
        Assert.Equal((2, 1, 1), ((int)written["counts"]!["images"]!, (int)written["counts"]!["annotations"]!, (int)written["counts"]!["detections"]!));
        Assert.Equal(("two", 64), ((string?)written["skeleton"]!["name"], ((string?)written["skeleton"]!["digest"])!.Length));
        Assert.Equal("bbox", (string?)written["detectionArea"]);
        Assert.Equal(
            ["mode", "baselineAp", "thresholds", "taxonomy", "independent", "progressive", "background", "scoring", "sensitivity"],
            written["analysis"]!.AsObject().Select(m => m.Key));
        Assert.Equal(2, (int)written["analysis"]!["taxonomy"]!["total"]!["good"]!);
        Assert.Equal(1, (double)written["metrics"]!["pck"]!["matched"]!["thresholds"]![0]!["mean"]!);
        Assert.Null(written["metrics"]!["pckh"]!["matched"]);
        Assert.Contains("Sizes of detections are those of their boxes", (string?)written["warnings"]![0], StringComparison.Ordinal);
        Assert.Null(Run(Truth, Results, o => o)["analysis"]);
    }

    [Fact]
    public void Numbers_have_seventeen_digits()
    {
        var text = Text(Truth, Results, o => o with { Json = true });
        // The skeleton's sigmas: a tenth as it is in binary.
        Assert.Contains("[0.10000000000000001,0.10000000000000001]", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_is_for_people()
    {
        var text = Text(Truth, Results, o => o with { Analysis = CorrectionDistance.Strict, Metrics = [PoseMetric.Pck] });
        Assert.Matches(@"AP +1\.0000", text);
        Assert.Matches(@"APl +n/a", text);
        Assert.Contains("without Miss", text, StringComparison.Ordinal);
        Assert.Contains("PCK@0.1", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_result_is_a_result()
    {
        var written = Run(Truth, "[]", o => o with { Analysis = CorrectionDistance.Strict, Metrics = [PoseMetric.Pck, PoseMetric.Mpjpe] });
        Assert.Equal([0, 0, 0, 0, -1, 0, 0, 0, 0, -1], written["stats"]!.AsObject().Select(s => (double)s.Value!));
        Assert.Null(written["metrics"]!["mpjpe"]);
        Assert.Equal(0, (double)written["metrics"]!["pck"]!["allGt"]!["thresholds"]![0]!["mean"]!);
        Assert.Contains("There are no detections.", written["warnings"]!.AsArray().Select(w => (string?)w));
    }

    /// <summary>What is wrong is named: which file, which record, which field, and what would be right.</summary>
    [Theory]
    [InlineData("\"image_id\":1", "\"image_id\":3", false, "[0].image_id: the ground truth has no image 3")]
    [InlineData("30,40,0.1", "30", false, "[0].keypoints: 4 numbers; 2 keypoints have 6")]
    [InlineData("0.5", "NaN", false, "[0].score: must be a finite number, not NaN")]
    [InlineData("[1,2,1,30", "[Infinity,2,1,30", false, "[0].keypoints[0]: must be a finite number, not Infinity")]
    [InlineData("[1,2,40,40]", "[1,2,-40,40]", false, "[0].bbox[2]: must be 0 or more")]
    [InlineData("40]}]", "40", false, "no whole JSON document")]
    [InlineData("[1,2,40,40],\"area\"", "[1,2,40,-40],\"area\"", true, "annotations[0].bbox[3]: must be 0 or more")]
    [InlineData("\"image_id\":1", "\"image_id\":4", true, "annotations[0].image_id: there is no image 4")]
    [InlineData("\"id\":2,\"width\":64", "\"id\":1,\"width\":63", true, "images[1].id: 1 is there twice, with the sizes 64 x 48 and 63 x 48")]
    [InlineData(
        "]}]}", "]},{\"id\":7,\"image_id\":1,\"category_id\":1,\"bbox\":[1,2,3,4],\"keypoints\":[0,0,0,0,0,0]}]}", true,
        "annotations[1].id: 7 is there twice")]
    [InlineData("\"categories\"", "\"kinds\"", true, "The list categories is not there")]
    [InlineData("[\"l\",\"r\"]", "[\"l\",\"m\",\"r\"]", true, "categories[0].keypoints: 3 names, and the skeleton has 2 keypoints")]
    public void Malformed_files_are_refused_and_the_offender_is_named(string right, string wrong, bool inTruth, string told)
    {
        var (truth, results) = inTruth ? (Replaced(Truth, right, wrong), Results) : (Truth, Replaced(Results, right, wrong));
        var refused = Assert.Throws<RequestException>(() => Text(truth, results, o => o));
        Assert.StartsWith(inTruth ? "The ground truth: " : "The result file: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
        // The command says it with its exit code.
        string[] line = ["pose-eval", "--gt", File("gt"), "--dt", File("dt"), "--type", "keypoints", "--skeleton", File("s")];
        Assert.Equal(2, CommandTree.Build().Parse(line).Invoke());
    }

    [Fact]
    public void Wrong_records_are_left_out_when_that_is_wanted()
    {
        var results = Results.Replace("}]", "},{\"image_id\":9,\"category_id\":1,\"score\":0.5,\"keypoints\":[1,2,1,30,40,0.1],\"bbox\":[1,2,40,40]}]");
        Assert.Throws<RequestException>(() => Text(Truth, results, o => o));
        var written = Run(Truth, results, o => o with { SkipInvalid = true });
        Assert.Equal("[1].image_id: the ground truth has no image 9", (string?)Assert.Single(written["skipped"]!.AsArray()));
        Assert.Contains("1 records of the results are wrong and were left out.", written["warnings"]!.AsArray().Select(w => (string?)w));
    }

    [Fact]
    public void Skeletons_are_found_by_name_or_file()
    {
        Assert.Contains("neither a file", Refused("none"), StringComparison.Ordinal);
        System.IO.File.WriteAllText(File("bad"), "{}");
        Assert.Contains("keypoints: must be there", Refused("bad"), StringComparison.Ordinal);
        Assert.Equal(14, SkeletonFile.Find("crowdpose14", null).Keypoints.Count);
        var refused = Assert.Throws<RequestException>(() => Run(Truth, Results, o => o with { Skeleton = "spine9" }));
        Assert.Contains("2 names, and the skeleton has 9 keypoints", refused.Message, StringComparison.Ordinal);
        Assert.Null(PoseCommands.Metrics("pck,auc"));
        Assert.Throws<RequestException>(() => Run(Truth, Results, o => o with { Kind = CocoEvaluationKind.Boxes, Analysis = CorrectionDistance.Strict }));

        string Refused(string file) => Assert.Throws<RequestException>(() => SkeletonFile.Find(File(file), null)).Message;
    }

    [Fact]
    public void A_report_is_made_when_it_is_wanted()
    {
        Run(Truth, Results, o => o with { Analysis = CorrectionDistance.Strict, Report = new FileInfo(File("r.pdf")) });
        Assert.Equal("%PDF-1.7", Encoding.ASCII.GetString(System.IO.File.ReadAllBytes(File("r.pdf")), 0, 8));
        var nowhere = new FileInfo(Path.Combine(folder, "none", "r.pdf"));
        Assert.Contains("cannot be written", Assert.Throws<RequestException>(() => Run(Truth, Results, o => o with { Report = nowhere })).Message);
    }

    [Fact]
    public void Sigmas_are_estimated_from_two_files()
    {
        var random = new Random(4);
        System.IO.File.WriteAllText(File("first"), Annotated(random));
        System.IO.File.WriteAllText(File("second"), Annotated(random));
        System.IO.File.WriteAllText(File("s"), Skeleton);
        using var output = new MemoryStream();
        new PoseSigmasRunner(output).Run(new FileInfo(File("first")), new FileInfo(File("second")), File("s"));
        var written = JsonNode.Parse(output.ToArray())!;
        // Each coordinate lies up to 2 pixels off: a variance of 4/3, and an object of 40 x 40 pixels.
        Assert.All(written["sigmas"]!.AsArray(), s => Assert.Equal(Math.Sqrt(8 / 3.0) / 40, (double)s!["sigma"]!, .008));
        Assert.Equal(50, (int)written["poses"]!);
        Assert.Single(written["warnings"]!.AsArray());

        static string Annotated(Random random)
        {
            var annotations = Enumerable.Range(1, 50).Select(i => FormattableString.Invariant(
                $$"""{"id":{{i}},"image_id":1,"category_id":1,"bbox":[0,0,40,40],"area":1600,"keypoints":[{{Off()}},{{Off()}},2,{{Off()}},{{Off()}},1]}"""));
            return $$"""{"images":[{"id":1}],"categories":[{"id":1,"name":"p"}],"annotations":[{{string.Join(',', annotations)}}]}""";

            double Off() => 20 + (4 * random.NextDouble()) - 2;
        }
    }

    [SharedDataFact]
    public void A_real_file_is_evaluated_as_the_reference_does()
    {
        using var output = new MemoryStream();
        new PoseEvalRunner(output, TimeProvider.System).Run(new PoseEvalOptions(
            new FileInfo(SharedData.Path("pose", "coco4-kp", "gt.json")), new FileInfo(SharedData.Path("pose", "coco4-kp", "dt.json")),
            CocoEvaluationKind.Keypoints) { Json = true });
        Assert.Equal(0.8608896054440609, (double)JsonNode.Parse(output.ToArray())!["stats"]!["AP"]!, 1e-12);
    }

    private static string Replaced(string text, string right, string wrong)
    {
        Assert.Contains(right, text, StringComparison.Ordinal);
        var at = text.IndexOf(right, StringComparison.Ordinal);
        return string.Concat(text.AsSpan(0, at), wrong, text.AsSpan(at + right.Length));
    }

    private string File(string name) => Path.Combine(folder, name);

    private JsonNode Run(string truth, string results, Func<PoseEvalOptions, PoseEvalOptions> change) =>
        JsonNode.Parse(Text(truth, results, o => change(o) with { Json = true }))!;

    private string Text(string truth, string results, Func<PoseEvalOptions, PoseEvalOptions> change)
    {
        System.IO.File.WriteAllText(File("gt"), truth);
        System.IO.File.WriteAllText(File("dt"), results);
        System.IO.File.WriteAllText(File("s"), Skeleton);
        using var output = new MemoryStream();
        new PoseEvalRunner(output, TimeProvider.System).Run(change(
            new PoseEvalOptions(new FileInfo(File("gt")), new FileInfo(File("dt")), CocoEvaluationKind.Keypoints) { Skeleton = File("s") }));
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
