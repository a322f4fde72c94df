using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Diagnosis;
using Iml4e.Assessment.Pose.Keypoints;
using Iml4e.Assessment.Pose.Results;

namespace Iml4e.CommandLine.Poses;

/// <summary>What <c>iml4e pose-eval</c> was asked for.</summary>
/// <param name="GroundTruth">COCO ground truth.</param>
/// <param name="Results">COCO results.</param>
/// <param name="Kind">Boxes or keypoints.</param>
internal sealed record PoseEvalOptions(FileInfo GroundTruth, FileInfo Results, CocoEvaluationKind Kind)
{
    /// <summary>Name of a built-in skeleton, or a file.</summary>
    public string Skeleton { get; init; } = "coco17";

    /// <summary>Sigma of all keypoints of a skeleton file that has none.</summary>
    public double? UniformSigma { get; init; }

    /// <summary>How errors are diagnosed; null = they are not.</summary>
    public CorrectionDistance? Analysis { get; init; }

    /// <summary>Other figures.</summary>
    public IReadOnlyCollection<PoseMetric> Metrics { get; init; } = [];

    /// <summary>What distances are divided by.</summary>
    public KeypointNorm Norm { get; init; }

    /// <summary>Whether all categories count as one.</summary>
    public bool ClassAgnostic { get; init; }

    /// <summary>Whether wrong records are left out.</summary>
    public bool SkipInvalid { get; init; }

    /// <summary>Where a report for people goes, as PDF; null = there is none.</summary>
    public FileInfo? Report { get; init; }

    /// <summary>Whether one JSON object is written instead of a table.</summary>
    public bool Json { get; init; }
}
