using System.Text.Json.Serialization;
using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Adversarial.Scores;
using Iml4e.Assessment.Validation;

namespace Iml4e.Assessment.Adversarial.Configuration;

/// <summary>How detections are judged.</summary>
public sealed record MetricSettings
{
    private static readonly string[] Methods = ["coco", "voc07", "voc10"];

    /// <summary>Which mean average precision: coco, voc07 or voc10.</summary>
    public string Map { get; init; } = "coco";

    /// <summary>Least score of a detection.</summary>
    public double Conf { get; init; } = 0.001;

    /// <summary>IoU above which the lesser of two detections is dropped.</summary>
    [JsonPropertyName("nms_iou")]
    public double NmsIou { get; init; } = 0.65;

    /// <summary>Most detections of an image.</summary>
    [JsonPropertyName("max_det")]
    public int MaxDet { get; init; } = 300;

    /// <summary>Least score of the clean detections that serve as truth where there are no annotations.</summary>
    public double Truth { get; init; } = 0.25;

    /// <summary>The method.</summary>
    [JsonIgnore]
    public ApMethod Method => Map switch { "voc07" => ApMethod.Voc07, "voc10" => ApMethod.Voc10, _ => ApMethod.Coco };

    /// <summary>The limits.</summary>
    [JsonIgnore]
    public DetectionLimits Limits => new() { Confidence = Conf, Overlap = NmsIou, Most = MaxDet };

    /// <summary>Adds what makes no sense.</summary>
    public void Check(string path, ValidationErrors errors)
    {
        errors.Require(Methods.Contains(Map), path + ".map", $"must be one of {string.Join(", ", Methods)}");
        errors.Require(Conf is >= 0 and < 1, path + ".conf", "at least 0, below 1");
        errors.Require(NmsIou is > 0 and <= 1, path + ".nms_iou", "above 0, at most 1");
        errors.Require(MaxDet is > 0 and <= 1_000, path + ".max_det", "1 to 1000");
        errors.Require(Truth is > 0 and < 1, path + ".truth", "between 0 and 1");
    }
}
