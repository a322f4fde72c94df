using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Diagnosis;
using Iml4e.Assessment.Pose.Keypoints;

namespace Iml4e.Assessment.Pose.Jobs;

/// <summary>What an experiment tracker is told of a validation; figures are named as benchmarks name them, so that other tools' can be beside.</summary>
internal sealed class ValidationTracking(string kind, ValidationRequest request, ValidationUnit unit, ValidationOutcome outcome)
{
    private readonly OrderedDictionary<string, double?> _figures = new(StringComparer.Ordinal);

    private bool IsPose => outcome.Evaluation.Request.Kind == CocoEvaluationKind.Keypoints;

    /// <summary>The run.</summary>
    /// <param name="mlflow">Where.</param>
    /// <param name="files">Files that belong to it, by name.</param>
    public TrackedRun Run(MlflowSettings mlflow, IReadOnlyDictionary<string, string> files)
    {
        AddFigures();
        if (outcome.Comparison is { } comparison)
            Add(comparison);
        if (outcome.Evaluation.Diagnosis is { } diagnosis)
            Add(diagnosis);
        if (outcome.Evaluation.Accuracy is { } accuracy)
            Add(accuracy);
        if (outcome.Verdict is { } verdict)
            _figures["gate/passed"] = verdict.Accepted ? 1 : 0;
        var parameters = Parameters();
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(kind + JsonSerializer.Serialize(parameters)));
        return new TrackedRun
        {
            Experiment = mlflow.Experiment, RunName = mlflow.RunName, InputHash = Convert.ToHexStringLower(hash),
            Metrics = _figures.Where(f => f.Value is not null).ToDictionary(f => f.Key, f => f.Value!.Value),
            Undefined = [.. _figures.Where(f => f.Value is null).Select(f => f.Key)],
            Parameters = parameters.Where(p => p.Value.Length > 0).ToDictionary(), Files = files,
        };
    }

    private void AddFigures()
    {
        var figures = outcome.Evaluation.Figures;
        var (prefix, similarity) = IsPose ? ("keypoints/", "oks") : ("bbox/", "iou");
        foreach (var (name, value) in figures.Summary)
            _figures[prefix + name] = CocoEvaluation.Defined(value);
        foreach (var threshold in figures.Options.Thresholds)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{prefix}AP_{similarity}_{threshold:0.00}");
            _figures[name] = CocoEvaluation.Defined(figures.AveragePrecision(threshold: threshold));
        }

        (_figures["data/images"], _figures["data/annotations"], _figures["data/detections"]) =
            (figures.Counts.Images, figures.Counts.Annotations, figures.Counts.Detections);
    }

    private void Add(ValidationComparison comparison)
    {
        _figures["compare/AP_before"] = CocoEvaluation.Defined(comparison.Other.AveragePrecision());
        _figures["compare/AP_difference"] = Finite(comparison.Difference.Estimate);
        _figures["compare/AP_difference_low"] = Finite(comparison.Difference.Low);
        _figures["compare/AP_difference_high"] = Finite(comparison.Difference.High);
    }

    private void Add(PoseDiagnosis diagnosis)
    {
        var taxonomy = diagnosis.Taxonomy;
        var prefix = $"analysis/{request.Analysis}/";
        foreach (var label in KeypointTaxonomy.Labels)
            _figures[$"{prefix}{label.ToString().ToLowerInvariant()}_share"] = taxonomy.Share(label);
        foreach (var step in diagnosis.Independent[0].Steps)
            _figures[$"{prefix}gain_{Name(step.Error)}"] = step.Gain;
        for (var i = 0; i < taxonomy.Skeleton.Keypoints.Count; i++)
        {
            var all = KeypointTaxonomy.Labels.Sum(label => taxonomy.PerKeypoint(label)[i]);
            _figures[$"kp/{taxonomy.Skeleton.Keypoints[i]}/good_share"] = all == 0 ? null : (double)taxonomy.PerKeypoint(KeypointLabel.Good)[i] / all;
        }
    }

    private void Add(KeypointAccuracy accuracy)
    {
        foreach (var pck in accuracy.OfMatched.Pck)
            _figures[string.Create(CultureInfo.InvariantCulture, $"pck/{pck.Threshold}")] = pck.Mean;
        _figures["pck/auc"] = accuracy.OfMatched.AreaUnderCurve;
        _figures["pckh/0.5"] = accuracy.OfMatched.Pckh?.Mean;
        _figures["distance/EPE"] = accuracy.EndPointError;
        _figures["distance/NME"] = accuracy.NormalisedMeanError;
        _figures["distance/MPJPE"] = accuracy.Mpjpe;
        _figures["distance/N-MPJPE"] = accuracy.MpjpeScaled;
        _figures["distance/PA-MPJPE"] = accuracy.MpjpeAligned;
        foreach (var angle in accuracy.Angles)
            _figures[$"angle/{angle.Name}/mean_error"] = angle.Mean;
    }

    // All that the figures depend on: a run of the same is not told again.
    private OrderedDictionary<string, string> Parameters() => new(StringComparer.Ordinal)
    {
        ["dataset"] = request.Dataset.Uri,
        ["ground_truth"] = unit.Truth,
        ["predictions"] = outcome.Predictions,
        ["analysis"] = IsPose ? request.Analysis : "",
        ["norm"] = IsPose ? request.Norm : "",
        ["skeleton"] = IsPose ? $"{outcome.Evaluation.Request.Skeleton.Name} {outcome.Evaluation.Request.Skeleton.Digest}" : "",
        ["accept"] = request.Accept ?? "",
        ["model"] = unit.Model is { } model ? $"{model.Model}/{model.Version} {model.Digest}" : "",
        ["class_agnostic"] = request.ClassAgnostic ? "true" : "",
        ["skip_invalid"] = request.SkipInvalid ? "true" : "",
        ["compare"] = outcome.Comparison is { } comparison ? $"{comparison.Title} {comparison.Digest}" : "",
    };

    private static string Name(PoseError error) => error switch
    {
        PoseError.BackgroundFalsePositive => "background_fp",
        PoseError.FalseNegative => "fn",
        _ => error.ToString().ToLowerInvariant(),
    };

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
