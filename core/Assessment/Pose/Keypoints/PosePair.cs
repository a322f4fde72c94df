namespace Iml4e.Assessment.Pose.Keypoints;

/// <summary>A pose of the ground truth and the one that a model has found for it.</summary>
/// <param name="Found">Coordinates of each keypoint, one keypoint after the other; empty = nothing was found, and every keypoint counts as wrong.</param>
/// <param name="Truth">Where they are, in the same order.</param>
/// <param name="Valid">Whether a keypoint counts.</param>
/// <param name="Norm">What distances are divided by; 0 = there is none, and the pose is left out of what needs one.</param>
public sealed record PosePair(ReadOnlyMemory<double> Found, ReadOnlyMemory<double> Truth, IReadOnlyList<bool> Valid, double Norm)
{
    /// <summary>Euclidean distance of a keypoint from where it is; infinite where nothing was found.</summary>
    internal double Distance(int point)
    {
        if (Found.IsEmpty)
            return double.PositiveInfinity;
        var dimensions = Truth.Length / Valid.Count;
        double sum = 0;
        for (var i = point * dimensions; i < (point + 1) * dimensions; i++)
            sum += (Found.Span[i] - Truth.Span[i]) * (Found.Span[i] - Truth.Span[i]);
        return Math.Sqrt(sum);
    }
}
