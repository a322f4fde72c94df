using System.Text.Json.Serialization;
using Iml4e.Assessment.Adversarial.Configuration;
using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Validation;

namespace Iml4e.Assessment.Pose.Jobs;

/// <summary>How a detection model is run, and which of its detections count.</summary>
public sealed record DetectorSettings
{
    /// <summary>Family, such as yolov8.</summary>
    public string? Family { get; init; }

    /// <summary>How the outputs are read, for a family that is not built in.</summary>
    public DetectorDecoder? Decoder { get; init; }

    /// <summary>Shape of the input, [channels, height, width]; as the model declares it when absent.</summary>
    public IReadOnlyList<int>? Input { get; init; }

    /// <summary>The classes: their number, where the outputs do not tell, or their names, or coco80 or voc20.</summary>
    public ClassList? Classes { get; init; }

    /// <summary>Which category id each class is, by number; the categories in the order of their ids when absent.</summary>
    [JsonPropertyName("classMap")]
    public IReadOnlyDictionary<string, long>? ClassMap { get; init; }

    /// <summary>What the model does to pixels first.</summary>
    public Preprocessing Preprocess { get; init; } = new() { Resize = ResizeMode.Letterbox };

    /// <summary>Which detections count.</summary>
    public MetricSettings Metrics { get; init; } = new() { MaxDet = 100 };

    /// <summary>The same as the reference of a model.</summary>
    internal ModelReference Reference(string model) => new()
    {
        Uri = model, Family = Family, Decoder = Decoder, Input = Input, Classes = Classes, Preprocess = Preprocess,
    };

    /// <summary>Adds what makes no sense.</summary>
    internal void Check(string path, ValidationErrors errors)
    {
        Reference("model").Check(path, detection: true, errors);
        Metrics.Check(path + ".metrics", errors);
        foreach (var (kind, _) in ClassMap ?? new Dictionary<string, long>())
            errors.Require(int.TryParse(kind, out var number) && number >= 0, $"{path}.classMap.{kind}", "names are numbers of classes, from 0");
    }
}
