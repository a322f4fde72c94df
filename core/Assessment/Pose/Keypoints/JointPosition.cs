using MathNet.Numerics.LinearAlgebra;

namespace Iml4e.Assessment.Pose.Keypoints;

/// <summary>Mean per-joint position error (MPJPE), in the units of the coordinates: millimetres in space, pixels in an image.</summary>
public static class JointPosition
{
    /// <summary>Mean Euclidean distance over the joints that count, of all poses.</summary>
    /// <param name="pairs">Poses in the plane or in space; those that nothing was found for are left out.</param>
    /// <param name="alignment">What each found pose is moved by first.</param>
    /// <param name="root">Joint that both poses are taken relative to; null = they stay where they are.</param>
    /// <returns>Null when no joint counts, or where no pose can be aligned because all its joints lie in one place.</returns>
    public static double? Error(IEnumerable<PosePair> pairs, JointAlignment alignment = JointAlignment.None, int? root = null)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        double sum = 0;
        long count = 0;
        foreach (var pair in pairs.Where(p => !p.Found.IsEmpty))
        {
            int[] joints = [.. Enumerable.Range(0, pair.Valid.Count).Where(i => pair.Valid[i])];
            // Without its root a pose is relative to nothing.
            if (joints.Length == 0 || (root is { } at && !pair.Valid[at]))
                continue;
            var (found, truth) = (Points(pair.Found, pair, joints, root), Points(pair.Truth, pair, joints, root));
            if (Align(found, truth, alignment) is not { } moved)
                continue;
            for (var j = 0; j < joints.Length; j++)
                sum += (moved.Column(j) - truth.Column(j)).L2Norm();
            count += joints.Length;
        }

        return count == 0 ? null : sum / count;
    }

    // A column a joint.
    private static Matrix<double> Points(ReadOnlyMemory<double> coordinates, PosePair pair, int[] joints, int? root)
    {
        var dimensions = pair.Truth.Length / pair.Valid.Count;
        var values = coordinates.ToArray();
        return Matrix<double>.Build.Dense(dimensions, joints.Length, (row, column) =>
            values[(joints[column] * dimensions) + row] - (root is { } at ? values[(at * dimensions) + row] : 0));
    }

    private static Matrix<double>? Align(Matrix<double> found, Matrix<double> truth, JointAlignment alignment)
    {
        if (alignment == JointAlignment.None)
            return found;
        if (alignment == JointAlignment.Scale)
        {
            var square = found.PointwiseMultiply(found).RowSums().Sum();
            return square > 0 ? found * (found.PointwiseMultiply(truth).RowSums().Sum() / square) : null;
        }

        var (centre, aim) = (found.RowSums() / found.ColumnCount, truth.RowSums() / truth.ColumnCount);
        var (first, second) = (Shift(found, centre), Shift(truth, aim));
        var spread = first.PointwiseMultiply(first).RowSums().Sum();
        if (!(spread > 0) || !(second.PointwiseMultiply(second).RowSums().Sum() > 0))
            return null;
        var covariance = first * second.Transpose();
        var svd = covariance.Svd();
        // A reflection is no rotation: the axis that says least is turned round.
        var signs = Matrix<double>.Build.DenseIdentity(found.RowCount);
        signs[found.RowCount - 1, found.RowCount - 1] = Math.Sign((svd.U * svd.VT).Determinant());
        var rotation = svd.VT.Transpose() * signs * svd.U.Transpose();
        var scale = (rotation * covariance).Trace() / spread;
        return Shift(scale * rotation * found, (scale * rotation * centre) - aim);
    }

    private static Matrix<double> Shift(Matrix<double> points, Vector<double> by) => points.MapIndexed((row, _, value) => value - by[row]);
}
