using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Jobs;
using Iml4e.Assessment.Validation;
using Iml4e.Inference.Images;
using Iml4e.Reporting;
using Iml4e.Tests.Unit.Assessment.Adversarial;
using Iml4e.Tests.Unit.Inference;

namespace Iml4e.Tests.Unit.Assessment.Pose;

public sealed class ValidationJobTests : IDisposable
{
    private readonly PoseValidateJob _poses = new();
    private readonly DetectionValidateJob _boxes = new();
    private readonly MemoryContext _world = new();

    public void Dispose()
    {
        _poses.Dispose();
        _boxes.Dispose();
    }

    [SharedDataFact]
    public async Task Poses_that_are_there_are_judged_diagnosed_and_compared()
    {
        _world.AddDataset("coco", "application/vnd.coco+json", SharedData.Read("pose", "coco538-kp/gt.json"));
        _world.AddPredictions("coco", "net", SharedData.Read("pose", "coco538-kp/dt.json"));
        var result = await RunAsync(_poses, """{ "dataset": "coco", "predictions": "net", "compare": { "predictions": "net", "title": "champion" }, "accept": "ap >= 0.5 and inversion_share < 0.05" }""");
        Assert.Equal(0.5563987830212501, result.Metrics["ap"]!.Value, 1e-9);
        Assert.Equal(555 / 13079.0, result.Metrics["inversion_share"]!.Value, 1e-9);
        Assert.Equal(.5982 - .5565, result.Metrics["gain_miss"]!.Value, 2e-4);
        Assert.Equal(0, result.Metrics["ap_difference"]!.Value, 1e-12);
        Assert.True(result.Accepted, result.Explanation);
        Assert.Equal("inconclusive", result.Output!.Value.GetProperty("decision").GetString());
        var html = await ReportHtml.RenderAsync(ReportJson.Read(ReportJson.Write(result.Report)));
        Assert.Contains("Beside champion", html, StringComparison.Ordinal);
        var json = JsonNode.Parse(await _world.ReadAsync(_world.Outputs.Last(o => o.Role == "evaluation").Digest, CancellationToken.None))!;
        Assert.Equal(result.Metrics["ap"], (double)json["stats"]!["AP"]!);
    }

    [Fact]
    public async Task A_pose_model_is_run_on_the_images()
    {
        _world.AddModel("spots", GraphSurgeryBytes());
        _world.AddDataset("scene", "application/zip", Scene(damaged: false));
        var result = await RunAsync(_poses, Request("spots"));
        // The middles of the spots, to half a pixel of objects of 50: every threshold is passed.
        Assert.Equal(1, result.Metrics["ap"]!.Value, 1e-9);
        Assert.Equal(4, result.Metrics["detections"]);
        Assert.InRange(result.Metrics["epe"]!.Value, 0, 1.5);
        Assert.Contains(_world.Outputs, o => o.Role == "predictions");
        // The same images, now with one that cannot be read.
        _world.AddDataset("scene", "application/zip", Scene(damaged: true));
        var part = await RunAsync(_poses, Request("spots"));
        Assert.InRange(part.Metrics["ap"]!.Value, .3, .6);
        Assert.Contains(part.Report.Sections, s => s.Title == "Images that could not be read");
    }

    [SharedDataFact]
    public async Task A_detection_model_is_run_on_the_images()
    {
        _world.AddModel("fast", SharedData.Read("models", "FastestDet.onnx"));
        _world.AddDataset("people", "application/zip", Zips.Of([
            ("gt.json", SharedData.Read("pose", "coco4-kp/gt.json")),
            .. new[] { "000000000785", "000000040083", "000000196141", "000000197388" }.Select(n => (n + ".jpg", SharedData.Read("photos", $"coco/{n}.jpg"))),
        ]));
        var result = await RunAsync(_boxes, """
            { "dataset": "people", "model": "fast", "version": "1",
              "detector": { "family": "fastestdet", "classes": "coco80", "preprocess": { "color": "bgr", "resize": "stretch" } } }
            """);
        Assert.InRange(result.Metrics["ap"]!.Value, .3, .7);
        Assert.Equal(4, result.Metrics["images"]);
        Assert.Contains(result.Report.Sections, s => s.Title == "Worst examples" && s.Images.Count > 0);
        var hidden = await RunAsync(_boxes, """
            { "dataset": "people", "model": "fast", "showPhotos": false,
              "detector": { "family": "fastestdet", "preprocess": { "color": "bgr", "resize": "stretch" } } }
            """);
        Assert.Equal(result.Metrics, hidden.Metrics);
        Assert.DoesNotContain(hidden.Report.Sections, s => s.Images.Count > 0);
    }

    [Theory]
    [InlineData(true, """{ "dataset": "d" }""", "predictions")]
    [InlineData(true, """{ "dataset": "d", "predictions": "p", "model": "m" }""", "model")]
    [InlineData(true, """{ "dataset": "d", "predictions": "p", "analysis": "loose" }""", "analysis")]
    [InlineData(true, """{ "dataset": "d", "predictions": "p", "skeleton": "horse" }""", "skeleton")]
    [InlineData(true, """{ "dataset": "d", "predictions": "p", "skeleton": { "name": "x", "keypoints": ["a"], "sigmas": [-1] } }""", "skeleton")]
    [InlineData(true, """{ "dataset": "d", "model": "m" }""", "pose")]
    [InlineData(true, """{ "dataset": "d", "model": "m", "pose": { "head": "heatMap", "enlargement": 0 } }""", "pose.enlargement")]
    [InlineData(true, """{ "dataset": "d", "predictions": "p", "accept": "map > 0.5" }""", "accept")]
    [InlineData(false, """{ "dataset": "d", "predictions": "p", "accept": "pck_10 > 0.5" }""", "accept")]
    [InlineData(false, """{ "dataset": "d", "predictions": "p", "skeleton": "coco17" }""", "skeleton")]
    [InlineData(false, """{ "dataset": "d", "model": "m", "detector": { "family": "yolov99" } }""", "detector.family")]
    [InlineData(false, """{ "dataset": "d", "model": "m", "detector": { "family": "yolov8", "classMap": { "cat": 1 } } }""", "detector.classMap.cat")]
    public void What_is_wrong_is_told_with_its_path(bool poses, string request, string path)
    {
        JobKind job = poses ? _poses : _boxes;
        var error = Assert.Throws<DocumentException>(() => job.Normalise(JsonNode.Parse(request)));
        Assert.Contains(error.Errors, e => e.Path == path);
    }

    [Fact]
    public async Task Wrong_records_are_named_or_left_out()
    {
        _world.AddDataset("d", "application/vnd.coco+json", Bytes("""
            { "images": [{ "id": 1, "width": 100, "height": 100, "file_name": "a.png" }], "categories": [{ "id": 1, "name": "box" }],
              "annotations": [{ "id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 20], "area": 400, "iscrowd": 0 }] }
            """));
        _world.AddPredictions("d", "p", Bytes("""
            [{ "image_id": 1, "category_id": 1, "score": 0.9, "bbox": [10, 10, 20, 20] }, { "image_id": 7, "category_id": 1, "score": 0.9, "bbox": [10, 10, 20, 20] }]
            """));
        var error = await Assert.ThrowsAsync<JobInputException>(() => RunAsync(_boxes, """{ "dataset": "d", "predictions": "p" }"""));
        Assert.Equal("predictions", error.Path);
        Assert.Contains("[1].image_id", error.Detail, StringComparison.Ordinal);
        var result = await RunAsync(_boxes, """{ "dataset": "d", "predictions": "p", "skipInvalid": true }""");
        Assert.Equal(1, result.Metrics["ap"]!.Value, 1e-12);
        Assert.Null(result.Metrics["ap_large"]);
        Assert.Equal("dataset", (await Assert.ThrowsAsync<JobInputException>(() => RunAsync(_boxes, """{ "dataset": "none", "predictions": "p" }"""))).Path);
        Assert.Equal("predictions", (await Assert.ThrowsAsync<JobInputException>(() => RunAsync(_boxes, """{ "dataset": "d", "predictions": "none" }"""))).Path);
    }

    [Fact]
    public async Task Three_wrong_records_of_forty_thousand_refuse_the_file_or_are_listed()
    {
        _world.AddDataset("d", "application/vnd.coco+json", Bytes("""
            { "images": [{ "id": 1, "width": 100, "height": 100, "file_name": "a.png" }], "categories": [{ "id": 1, "name": "box" }],
              "annotations": [{ "id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 20], "area": 400, "iscrowd": 0 }] }
            """));
        var records = Enumerable.Range(0, 40_000).Select(i => i switch
        {
            5 => """{ "image_id": 1, "category_id": 1, "score": 0.99, "bbox": [10, NaN, 20, 20] }""",
            20_000 => """{ "image_id": 1, "category_id": 1, "score": "0.98", "bbox": [10, 10, 20, 20] }""",
            39_999 => """{ "image_id": 1, "category_id": 1, "score": 0.97, "bbox": [10, 10, 1e300, 20] }""",
            _ => $$"""{ "image_id": 1, "category_id": 1, "score": 0.{{i:00000}}, "bbox": [10, 10, 20, 20] }""",
        });
        _world.AddPredictions("d", "p", Bytes($"[{string.Join(",\n", records)}]"));
        var error = await Assert.ThrowsAsync<JobInputException>(() => RunAsync(_boxes, """{ "dataset": "d", "predictions": "p" }"""));
        string[] told = ["[5].bbox[1]: must be a finite number, not NaN", "[20000].score: must be a finite number, not '0.98'", "[39999].bbox[2]: must be between -1e15 and 1e15, not 1e300"];
        Assert.All(told, t => Assert.Contains(t, error.Detail, StringComparison.Ordinal));
        Assert.Contains("3 of 40000 records are wrong", error.Detail, StringComparison.Ordinal);
        var result = await RunAsync(_boxes, """{ "dataset": "d", "predictions": "p", "skipInvalid": true }""");
        Assert.Equal(1, result.Metrics["ap"]!.Value, 1e-12);
        Assert.Equal(told, result.Report.Sections.Single(s => s.Title == "Appendix").Paragraphs);
        var json = JsonNode.Parse(await _world.ReadAsync(_world.Outputs.Last(o => o.Role == "evaluation").Digest, CancellationToken.None))!;
        Assert.Equal(told, json["skipped"]!.AsArray().Select(s => (string)s!));
    }

    [Fact]
    public async Task Poses_at_the_end_of_the_world_have_figures_that_are_numbers()
    {
        _world.AddDataset("scene", "application/zip", Scene(damaged: false));
        double[] near = [60, 40, 1, 45, 70, 1, 80, 75, 1], far = [60, 40, 1, 45, 70, 1, 1e15, -1e15, 1];
        _world.AddPredictions("scene", "p", JsonSerializer.SerializeToUtf8Bytes(new[]
        {
            new { image_id = 0, category_id = 1, score = 1e15, keypoints = near }, new { image_id = 0, category_id = 1, score = -1e15, keypoints = far },
            new { image_id = 1, category_id = 1, score = 0d, keypoints = far },
        }));
        var request = JsonNode.Parse(Request("x"))!;
        request.AsObject().Remove("model");
        request.AsObject().Remove("pose");
        request["predictions"] = "p";
        var result = await RunAsync(_poses, request.ToJsonString());
        Assert.All(result.Metrics.Values.OfType<double>(), v => Assert.True(double.IsFinite(v)));
        Assert.InRange(result.Metrics["epe"]!.Value, 1e13, 1e16);
        var report = ReportJson.Read(ReportJson.Write(result.Report));
        Assert.Contains(report.Sections, s => s.Title == "Worst examples" && s.Images.Count > 0);
        Assert.DoesNotContain("NaN", await ReportHtml.RenderAsync(report), StringComparison.Ordinal);
        Assert.InRange(ReportPdf.Render(report).Length, 10_000, 5_000_000);
    }

    [Fact]
    public async Task An_image_that_cannot_be_unpacked_is_left_out_and_large_ones_are_made_small_for_the_report()
    {
        _world.AddModel("spots", GraphSurgeryBytes());
        var scene = Scene(damaged: false);
        // The last bytes before the directory are those of the second image.
        var entry = Encoding.Latin1.GetString(scene).IndexOf("1.png", StringComparison.Ordinal) + 40;
        for (var i = entry; i < entry + 60; i++)
            scene[i] ^= 0xFF;
        _world.AddDataset("scene", "application/zip", scene);
        var result = await RunAsync(_poses, Request("spots"));
        Assert.Equal(2, result.Metrics["detections"]);
        Assert.StartsWith("1: ", Assert.Single(result.Report.Sections.Single(s => s.Title == "Images that could not be read").Paragraphs), StringComparison.Ordinal);

        using var codec = new ImageCodec();
        var large = new Iml4e.Inference.Tensor("image", Iml4e.Inference.TensorDatatype.UInt8, [900, 1930, 3], new byte[900 * 1930 * 3]);
        _world.AddDataset("large", "application/zip", Zips.Of([
            ("gt.json", Bytes("""
                { "images": [{ "id": 1, "width": 1930, "height": 900, "file_name": "a.png" }], "categories": [{ "id": 1, "name": "box" }],
                  "annotations": [{ "id": 1, "image_id": 1, "category_id": 1, "bbox": [400, 40, 800, 80], "area": 400 }] }
                """)),
            ("a.png", codec.EncodePng(large))]));
        _world.AddPredictions("large", "p", Bytes("""[{ "image_id": 1, "category_id": 1, "score": 0.9, "bbox": [100, 10, 20000, 20] }]"""));
        var shown = (await RunAsync(_boxes, """{ "dataset": "large", "predictions": "p" }""")).Report.Sections.SelectMany(s => s.Images).Single().Images.Single();
        Assert.Equal(("image/jpeg", 482, 225), (shown.MediaType, shown.Width, shown.Height));
        Assert.Equal([(100, 10, 200, 20), (25, 2.5, 939, 5)], shown.Marks.Cast<Iml4e.Reporting.Images.BoxMark>().Select(b => (b.X, b.Y, b.Width, b.Height)));
    }

    private async Task<JobResult> RunAsync(JobKind job, string request)
    {
        var normal = job.Normalise(JsonNode.Parse(request));
        var parts = new List<JsonElement>();
        foreach (var unit in await job.PlanAsync(normal, _world, CancellationToken.None))
            parts.Add(await job.ExecuteAsync(normal, unit, _world, CancellationToken.None));
        return await job.AggregateAsync(normal, parts, _world, CancellationToken.None);
    }

    private static string Request(string model) => $$"""
        { "dataset": "scene", "model": "{{model}}", "pose": { "head": "regression" },
          "skeleton": { "name": "spots", "keypoints": ["red", "green", "blue"], "sigmas": [0.1, 0.1, 0.1], "flipPairs": [[1, 2]], "links": [[0, 1], [0, 2]] } }
        """;

    private static byte[] GraphSurgeryBytes() => Iml4e.Inference.Onnx.GraphSurgery.Serialize(SpotScene.Regression().Build());

    // Two images of the scene; the second may be damaged.
    private static byte[] Scene(bool damaged)
    {
        using var codec = new ImageCodec();
        var image = codec.EncodePng(SpotScene.Image(SpotScene.Places));
        var annotations = new JsonArray();
        for (var i = 0; i < 4; i++)
        {
            var (place, box) = (SpotScene.Places[i % 2], SpotScene.Boxes[i % 2].Box);
            annotations.Add(new JsonObject
            {
                ["id"] = i, ["image_id"] = i / 2, ["category_id"] = 1, ["bbox"] = new JsonArray(box.X, box.Y, box.Width, box.Height), ["area"] = box.Area,
                ["keypoints"] = new JsonArray([.. Enumerable.Range(0, 9).Select(j => (JsonNode)(j % 3 == 2 ? 2 : place[(2 * (j / 3)) + (j % 3)]))]),
            });
        }

        var document = new JsonObject
        {
            ["images"] = new JsonArray([.. Enumerable.Range(0, 2).Select(i => (JsonNode)new JsonObject
            {
                ["id"] = i, ["width"] = 200, ["height"] = 100, ["file_name"] = $"{i}.png",
            })]),
            ["annotations"] = annotations, ["categories"] = new JsonArray(new JsonObject { ["id"] = 1, ["name"] = "spots" }),
        };
        return Zips.Of([("gt.json", JsonSerializer.SerializeToUtf8Bytes(document)), ("0.png", image), ("1.png", damaged ? image[..200] : image)]);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
