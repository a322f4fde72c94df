using System.Globalization;
using System.Text;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Diagnosis;
using Iml4e.Assessment.Pose.Keypoints;
using Iml4e.Assessment.Pose.Results;
using Iml4e.Assessment.Pose.Skeletons;

namespace Iml4e.Assessment.Pose.Jobs;

/// <summary>The figures of a validation that gates and accept expressions name; what is undefined is null.</summary>
internal static class ValidationMetrics
{
    private static readonly PoseError[] Errors = [PoseError.Miss, PoseError.Swap, PoseError.Inversion, PoseError.Jitter, PoseError.Score];
    private static readonly string[] Compared = ["ap_before", "ap_difference", "ap_difference_low", "ap_difference_high"];

    /// <summary>Names of the figures.</summary>
    /// <param name="kind">What is validated.</param>
    /// <param name="skeleton">The skeleton, whose angles have figures; null = none.</param>
    public static IReadOnlyList<string> Names(CocoEvaluationKind kind, SkeletonDefinition? skeleton)
    {
        var sizes = kind == CocoEvaluationKind.Boxes
            ? new[] { "ap_small", "ap_medium", "ap_large", "ar1", "ar10", "ar100", "ar_small", "ar_medium", "ar_large" }
            : ["ap_medium", "ap_large", "ar", "ar50", "ar75", "ar_medium", "ar_large"];
        List<string> names = ["images", "annotations", "detections", "ap", "ap50", "ap75", .. sizes, .. Compared];
        if (kind == CocoEvaluationKind.Boxes)
            return names;
        names.AddRange(KeypointTaxonomy.Labels.Select(l => $"{Snake(l)}_share"));
        names.AddRange(Errors.Select(e => $"gain_{Snake(e)}"));
        names.AddRange(["gain_background", "pck_5", "pck_10", "pck_20", "pck_auc", "pckh", "epe", "nme", "mpjpe", "n_mpjpe", "pa_mpjpe"]);
        names.AddRange((skeleton?.Angles ?? []).Select(a => AngleName(a.Name)));
        return names;
    }

    /// <summary>The figures.</summary>
    public static IReadOnlyDictionary<string, double?> Of(PoseEvaluation evaluation, ValidationComparison? comparison)
    {
        var counts = evaluation.Figures.Counts;
        var metrics = new OrderedDictionary<string, double?>(StringComparer.Ordinal)
        {
            ["images"] = counts.Images, ["annotations"] = counts.Annotations, ["detections"] = counts.Detections,
        };
        foreach (var (name, value) in evaluation.Figures.Summary)
            metrics[Snake(name)] = CocoEvaluation.Defined(value);
        if (comparison is not null)
        {
            metrics["ap_before"] = CocoEvaluation.Defined(comparison.Other.AveragePrecision());
            metrics["ap_difference"] = Finite(comparison.Difference.Estimate);
            metrics["ap_difference_low"] = Finite(comparison.Difference.Low);
            metrics["ap_difference_high"] = Finite(comparison.Difference.High);
        }

        if (evaluation.Diagnosis is { } diagnosis)
        {
            foreach (var label in KeypointTaxonomy.Labels)
                metrics[$"{Snake(label)}_share"] = diagnosis.Taxonomy.Share(label);
            foreach (var error in Errors)
                metrics[$"gain_{Snake(error)}"] = diagnosis.Independent[0][error].Gain;
            metrics["gain_background"] = diagnosis.Independent[0][PoseError.BackgroundFalsePositive].Gain;
        }

        if (evaluation.Accuracy is { } accuracy)
            Add(metrics, accuracy);
        return metrics;
    }

    /// <summary>Name of an angle's figure: its mean error in degrees.</summary>
    public static string AngleName(string angle)
    {
        var name = new StringBuilder("angle_");
        foreach (var c in angle)
            name.Append(char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '_');
        return name.ToString();
    }

    private static void Add(OrderedDictionary<string, double?> metrics, KeypointAccuracy accuracy)
    {
        foreach (var pck in accuracy.OfMatched.Pck)
            metrics[string.Create(CultureInfo.InvariantCulture, $"pck_{100 * pck.Threshold:0}")] = pck.Mean;
        metrics["pck_auc"] = accuracy.OfMatched.AreaUnderCurve;
        metrics["pckh"] = accuracy.OfMatched.Pckh?.Mean;
        metrics["epe"] = accuracy.EndPointError;
        metrics["nme"] = accuracy.NormalisedMeanError;
        metrics["mpjpe"] = accuracy.Mpjpe;
        metrics["n_mpjpe"] = accuracy.MpjpeScaled;
        metrics["pa_mpjpe"] = accuracy.MpjpeAligned;
        foreach (var angle in accuracy.Angles)
            metrics[AngleName(angle.Name)] = angle.Mean;
    }

    // AP50 is ap50, APs is ap_small.
    private static string Snake(string figure) => figure[^1] switch
    {
        's' => figure[..2].ToLowerInvariant() + "_small",
        'm' => figure[..2].ToLowerInvariant() + "_medium",
        'l' => figure[..2].ToLowerInvariant() + "_large",
        _ => figure.ToLowerInvariant(),
    };

    private static string Snake<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
