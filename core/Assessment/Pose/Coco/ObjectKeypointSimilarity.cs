namespace Iml4e.Assessment.Pose.Coco;

/// <summary>Object keypoint similarity (OKS) of the COCO keypoint evaluation.</summary>
public static class ObjectKeypointSimilarity
{
    private const double Epsilon = 2.220446049250313e-16;

    /// <summary>COCO's sigmas: nose, then left and right eye, ear, shoulder, elbow, wrist, hip, knee, ankle.</summary>
    public static IReadOnlyList<double> CocoSigmas { get; } =
        [.026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062, .107, .107, .087, .087, .089, .089];

    /// <summary>
    /// OKS of a detection and an annotation, 0..1: the mean of exp(-d²/(2 (2σ)² area)) over the labelled keypoints, hidden or visible. Where none is labelled
    /// the distances are those to the annotation's box made twice as large on each side, over all keypoints.
    /// </summary>
    /// <param name="detected">x and y of each keypoint.</param>
    /// <param name="annotation">With as many keypoints.</param>
    /// <param name="variances">(2σ)² of each keypoint.</param>
    public static double Of(ReadOnlySpan<double> detected, CocoAnnotation annotation, ReadOnlySpan<double> variances)
    {
        ArgumentNullException.ThrowIfNull(annotation);
        var truth = annotation.Keypoints.Span;
        var box = annotation.Box;
        var scale = annotation.Area + Epsilon;
        var labelled = 0;
        double sum = 0;
        for (var i = 0; i < variances.Length; i++)
        {
            if (!(truth[(3 * i) + 2] > 0))
                continue;
            labelled++;
            var dx = detected[2 * i] - truth[3 * i];
            var dy = detected[(2 * i) + 1] - truth[(3 * i) + 1];
            sum += Math.Exp(-(((dx * dx) + (dy * dy)) / variances[i] / scale / 2));
        }

        if (labelled > 0)
            return sum / labelled;
        double left = box.X - box.Width, right = box.X + (box.Width * 2), top = box.Y - box.Height, bottom = box.Y + (box.Height * 2);
        for (var i = 0; i < variances.Length; i++)
        {
            double x = detected[2 * i], y = detected[(2 * i) + 1];
            var dx = Math.Max(0, left - x) + Math.Max(0, x - right);
            var dy = Math.Max(0, top - y) + Math.Max(0, y - bottom);
            sum += Math.Exp(-(((dx * dx) + (dy * dy)) / variances[i] / scale / 2));
        }

        return sum / variances.Length;
    }

    /// <summary>(2σ)² of each keypoint.</summary>
    /// <exception cref="ArgumentException">A sigma is not a finite number above 0.</exception>
    public static double[] Variances(IReadOnlyList<double> sigmas)
    {
        ArgumentNullException.ThrowIfNull(sigmas);
        if (sigmas.Any(s => !(s > 0 && double.IsFinite(s))))
            throw new ArgumentException("Sigmas must be finite and above 0.", nameof(sigmas));
        return [.. sigmas.Select(s => 2 * s * (2 * s))];
    }
}
