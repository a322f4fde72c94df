using System.Text.Json.Serialization;
using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Validation;

namespace Iml4e.Assessment.Adversarial.Configuration;

/// <summary>A registered model and how it is run.</summary>
public sealed record ModelReference
{
    /// <summary>Name of the model, also as models/NAME or models/NAME/VERSION.</summary>
    public required string Uri { get; init; }

    /// <summary>Version number or alias; the champion when absent.</summary>
    public string? Version { get; init; }

    /// <summary>Family of a detector, such as yolov5.</summary>
    public string? Family { get; init; }

    /// <summary>How a detector's outputs are read, for a family that is not built in.</summary>
    public DetectorDecoder? Decoder { get; init; }

    /// <summary>Shape of the input, [channels, height, width]; as the model declares it when absent.</summary>
    public IReadOnlyList<int>? Input { get; init; }

    /// <summary>The classes of a detector: their number, where the outputs do not tell, or their names, or coco80 or voc20.</summary>
    public ClassList? Classes { get; init; }

    /// <summary>Which of this model's classes each class of the samples is, by number, where they differ.</summary>
    [JsonPropertyName("classMap")]
    public IReadOnlyDictionary<string, int>? ClassMap { get; init; }

    /// <summary>What the model does to pixels first.</summary>
    public Preprocessing Preprocess { get; init; } = new();

    /// <summary>Output with the classes of a classifier; the first when absent.</summary>
    public string? Output { get; init; }

    /// <summary>The model's name.</summary>
    [JsonIgnore]
    public string Name => Parts()[0];

    /// <summary>The version asked for.</summary>
    [JsonIgnore]
    public string VersionOrAlias => Version ?? (Parts() is [_, var version] ? version : "champion");

    /// <summary>Adds what makes no sense.</summary>
    public void Check(string path, bool detection, ValidationErrors errors)
    {
        errors.Require(Parts() is [{ Length: > 0 }] or [{ Length: > 0 }, { Length: > 0 }], path + ".uri", "must be models/NAME, models/NAME/VERSION or NAME");
        errors.Require(Input is null || (Input.Count is 1 or 3 && Input.All(i => i is > 0 and <= 4096)), path + ".input",
            "must be [channels, height, width], each 1 to 4096");
        errors.Require(Classes is null || Classes.Count is > 0 and <= 10_000, path + ".classes", "1 to 10000");
        Preprocess.Check(path + ".preprocess", errors);
        if (!detection)
        {
            errors.Require(Family is null && Decoder is null, path + ".family", "is for task detection");
            return;
        }

        errors.Require((Family is null) != (Decoder is null), path + ".family",
            $"one of family ({string.Join(", ", DetectorFamilies.Names)}) and decoder is needed");
        errors.Require(Family is null || DetectorFamilies.Names.Contains(Family), path + ".family",
            $"must be one of {string.Join(", ", DetectorFamilies.Names)}");
        Decoder?.Check(path + ".decoder", errors);
    }

    private string[] Parts() => (Uri.StartsWith("models/", StringComparison.Ordinal) ? Uri["models/".Length..] : Uri).Split('/');
}
