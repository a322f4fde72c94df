using System.Text.Json.Serialization;
using Iml4e.Assessment.Validation;

namespace Iml4e.Assessment.Adversarial.Configuration;

/// <summary>A data set and which of its images are taken: a zip of images, or a table with a pixel a column.</summary>
public sealed record DatasetReference
{
    /// <summary>Name of the data set, also as datasets/NAME or datasets/NAME/VERSION.</summary>
    public required string Uri { get; init; }

    /// <summary>Version; the newest when absent.</summary>
    public string? Version { get; init; }

    /// <summary>File in the zip with what is there: a COCO annotations .json, or a .csv with the columns file and label.</summary>
    public string? Annotations { get; init; }

    /// <summary>How many images are taken; all when absent.</summary>
    public int? Sample { get; init; }

    /// <summary>Which: first or random.</summary>
    public string Sampling { get; init; } = "random";

    /// <summary>Value of a table that stands for white.</summary>
    public double White { get; init; } = 255;

    /// <summary>The data set's name.</summary>
    [JsonIgnore]
    public string Name => Parts()[0];

    /// <summary>The version asked for; null for the newest.</summary>
    [JsonIgnore]
    public string? VersionOrNewest => Version ?? (Parts() is [_, var version] ? version : null);

    /// <summary>Adds what makes no sense.</summary>
    public void Check(string path, ValidationErrors errors)
    {
        errors.Require(Parts() is [{ Length: > 0 }] or [{ Length: > 0 }, { Length: > 0 }], path + ".uri",
            "must be datasets/NAME, datasets/NAME/VERSION or NAME");
        errors.Require(Sample is null or (> 0 and <= 100_000), path + ".sample", "1 to 100000");
        errors.Require(Sampling is "first" or "random", path + ".sampling", "must be first or random");
        errors.Require(White > 0, path + ".white", "must be above 0");
    }

    private string[] Parts() => (Uri.StartsWith("datasets/", StringComparison.Ordinal) ? Uri["datasets/".Length..] : Uri).Split('/');
}
