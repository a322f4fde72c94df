using System.Text.Json.Nodes;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Json;
using Iml4e.Tests.Unit.Inference;

namespace Iml4e.Tests.Unit.Assessment.Pose;

/// <summary>A case of the reference evaluator: files, settings, and the numbers that it gave.</summary>
internal sealed class CocoCase
{
    private CocoCase(string name, JsonObject expected)
    {
        Expected = expected;
        Options = (string)expected["iouType"]! == "bbox"
            ? CocoEvaluationOptions.Boxes
            : CocoEvaluationOptions.Keypoints(expected["skeleton"] is { } skeleton
                ? [.. JsonNode.Parse(SharedData.Read("pose", (string)skeleton!))!["sigmas"]!.AsArray().Select(s => (double)s!)]
                : null);
        using var gt = File.OpenRead(SharedData.Path("pose", (string)expected["gt"]!));
        Truth = CocoGroundTruthReader.Read(gt, CocoReadOptions.For(Options)).Dataset;
        using var dt = File.OpenRead(SharedData.Path("pose", (string)expected["dt"]!));
        Detections = CocoResultsReader.Read(dt, Truth, CocoReadOptions.For(Options)).Detections;
        Name = name;
    }

    public string Name { get; }

    public JsonObject Expected { get; }

    public CocoEvaluationOptions Options { get; }

    public CocoDataset Truth { get; }

    public IReadOnlyList<CocoDetection> Detections { get; }

    public static CocoCase Of(string name) =>
        new(name, JsonNode.Parse(SharedData.Read("pose", "expected.json"))!["cases"]![name]!.AsObject());
}
