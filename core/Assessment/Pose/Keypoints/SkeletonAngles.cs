using Iml4e.Assessment.Pose.Skeletons;

namespace Iml4e.Assessment.Pose.Keypoints;

/// <summary>Angles between keypoints in the plane or in space, in degrees from 0 to 180.</summary>
public static class SkeletonAngles
{
    /// <summary>The angle at its vertex; null when one of its legs has no length.</summary>
    /// <param name="coordinates">Of each keypoint, one keypoint after the other.</param>
    /// <param name="dimensions">Coordinates of a keypoint.</param>
    /// <param name="angle">The angle.</param>
    public static double? Measure(ReadOnlySpan<double> coordinates, int dimensions, SkeletonAngle angle)
    {
        ArgumentNullException.ThrowIfNull(angle);
        var (first, second) = (new double[dimensions], new double[dimensions]);
        for (var i = 0; i < dimensions; i++)
        {
            var vertex = coordinates[(angle.At * dimensions) + i];
            (first[i], second[i]) = (coordinates[(angle.From * dimensions) + i] - vertex, coordinates[(angle.To * dimensions) + i] - vertex);
        }

        double dot = 0, cross = 0;
        for (var i = 0; i < dimensions; i++)
        {
            dot += first[i] * second[i];
            for (var j = 0; j < i; j++)
                cross += Math.Pow((first[i] * second[j]) - (first[j] * second[i]), 2);
        }

        // Exact near 0 and 180 degrees, where the arc cosine is not.
        return first.Any(v => v != 0) && second.Any(v => v != 0) ? Math.Atan2(Math.Sqrt(cross), dot) * 180 / Math.PI : null;
    }

    /// <summary>Errors of all angles of a skeleton.</summary>
    /// <param name="pairs">Poses; those that nothing was found for are left out.</param>
    /// <param name="skeleton">The skeleton.</param>
    public static IReadOnlyList<AngleError> Errors(IReadOnlyList<PosePair> pairs, SkeletonDefinition skeleton)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(skeleton);
        return
        [
            .. skeleton.Angles.Select(angle =>
            {
                var errors = pairs.Select(pair => Difference(pair, angle)).OfType<double>().Order().ToArray();
                return new AngleError(angle.Name, errors.Length, errors.Length == 0 ? null : errors.Average(), errors.Length == 0 ? null : Percentile(errors));
            }),
        ];
    }

    private static double? Difference(PosePair pair, SkeletonAngle angle)
    {
        if (pair.Found.IsEmpty || !pair.Valid[angle.From] || !pair.Valid[angle.At] || !pair.Valid[angle.To])
            return null;
        var dimensions = pair.Truth.Length / pair.Valid.Count;
        return Measure(pair.Found.Span, dimensions, angle) - Measure(pair.Truth.Span, dimensions, angle) is { } difference ? Math.Abs(difference) : null;
    }

    // Between the two nearest, as numpy's default.
    private static double Percentile(double[] sorted)
    {
        var at = .95 * (sorted.Length - 1);
        var below = (int)Math.Floor(at);
        return sorted[below] + ((at - below) * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]));
    }
}
