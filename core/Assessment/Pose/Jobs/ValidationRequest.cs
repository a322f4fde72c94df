using System.Text.Json;
using System.Text.Json.Serialization;
using Iml4e.Assessment.Adversarial.Configuration;
using Iml4e.Assessment.Pose.Diagnosis;
using Iml4e.Assessment.Pose.Keypoints;

namespace Iml4e.Assessment.Pose.Jobs;

/// <summary>
/// Request of the job kinds <c>pose-validate</c> and <c>detection-validate</c>: predictions that are there, or a model that makes them, are compared with a
/// ground truth in COCO's format.
/// </summary>
public sealed record ValidationRequest
{
    /// <summary>The ground truth: a data set that is a COCO document, or a zip of images with one.</summary>
    [JsonConverter(typeof(DatasetConverter))]
    public required DatasetReference Dataset { get; init; }

    /// <summary>Version of the data set; the newest when absent.</summary>
    public string? DatasetVersion { get; init; }

    /// <summary>Predictions in COCO's result format: their name beside the data set, the digest of an artefact, or the id of a job that made some.</summary>
    public string? Predictions { get; init; }

    /// <summary>The model that is run on the images; instead of predictions.</summary>
    public string? Model { get; init; }

    /// <summary>Its version or alias; the champion when absent.</summary>
    public string? Version { get; init; }

    /// <summary>How a detection model is run.</summary>
    public DetectorSettings? Detector { get; init; }

    /// <summary>How a pose model is run.</summary>
    public PoseModelSettings? Pose { get; init; }

    /// <summary>The skeleton: coco17, crowdpose14, spine9, or a skeleton document.</summary>
    public JsonElement? Skeleton { get; init; }

    /// <summary>Sigma of all keypoints of a skeleton document that has none.</summary>
    public double? UniformSigma { get; init; }

    /// <summary>strict, compat or none: whether errors of keypoints are diagnosed, and by which distances.</summary>
    public string Analysis { get; init; } = "strict";

    /// <summary>What distances are divided by: box, torso or head.</summary>
    public string Norm { get; init; } = "box";

    /// <summary>Whether all categories count as one.</summary>
    public bool ClassAgnostic { get; init; }

    /// <summary>Whether records that are wrong are left out and told, instead of the file being refused.</summary>
    public bool SkipInvalid { get; init; }

    /// <summary>Whether the report shows the worst examples over their photos; for people who must not be recognised: false.</summary>
    public bool ShowPhotos { get; init; } = true;

    /// <summary>Predictions of another model on the same data, that of before as a rule; null = none.</summary>
    public ComparedPredictions? Compare { get; init; }

    /// <summary>The run that an MLflow server is told of, where one is named in the settings; null = none.</summary>
    public MlflowSettings? Mlflow { get; init; }

    /// <summary>Expression over the metrics that must hold.</summary>
    public string? Accept { get; init; }

    /// <summary>By which distances errors are diagnosed; null = they are not.</summary>
    [JsonIgnore]
    internal CorrectionDistance? Distance => Analysis switch { "strict" => CorrectionDistance.Strict, "compat" => CorrectionDistance.Compat, _ => null };

    /// <summary>The norm.</summary>
    [JsonIgnore]
    internal KeypointNorm KeypointNorm => Norm switch { "torso" => KeypointNorm.Torso, "head" => KeypointNorm.Head, _ => KeypointNorm.Box };
}
