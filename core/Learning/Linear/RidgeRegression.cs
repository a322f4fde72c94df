using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace Iml4e.Learning.Linear;

/// <summary>Ridge regression by its normal equations.</summary>
/// <remarks>Hoerl and Kennard, "Ridge regression: biased estimation for nonorthogonal problems", Technometrics 1970. Columns and target are centred,
/// so that the intercept stays out of the penalty.</remarks>
internal static class RidgeRegression
{
    /// <summary>Minimises ||y - Xw - b||² + l2 ||w||². Singular problems (l2 = 0) give the solution of least norm.</summary>
    /// <param name="columns">X by columns.</param>
    /// <param name="targets">y.</param>
    /// <param name="l2">Penalty, at least 0.</param>
    public static (double[] Weights, double Intercept) Fit(double[][] columns, double[] targets, double l2)
    {
        var mean = TensorPrimitives.Sum<double>(targets) / targets.Length;
        var centred = new double[targets.Length];
        TensorPrimitives.Subtract(targets, mean, centred);
        var means = new double[columns.Length];
        var centredColumns = new double[columns.Length][];
        for (var j = 0; j < columns.Length; j++)
        {
            means[j] = TensorPrimitives.Sum<double>(columns[j]) / targets.Length;
            centredColumns[j] = new double[targets.Length];
            TensorPrimitives.Subtract(columns[j], means[j], centredColumns[j]);
        }

        var gram = Matrix<double>.Build.Dense(columns.Length, columns.Length);
        var moment = Vector<double>.Build.Dense(columns.Length);
        for (var j = 0; j < columns.Length; j++)
        {
            moment[j] = TensorPrimitives.Dot<double>(centredColumns[j], centred);
            for (var k = 0; k <= j; k++)
                gram[j, k] = gram[k, j] = TensorPrimitives.Dot<double>(centredColumns[j], centredColumns[k]);
            gram[j, j] += l2;
        }

        var weights = Solve(gram, moment).ToArray();
        return (weights, mean - TensorPrimitives.Dot<double>(weights, means));
    }

    private static Vector<double> Solve(Matrix<double> gram, Vector<double> moment)
    {
        if (Cholesky(gram) is { } factor)
            return factor.Solve(moment);
        var eigen = gram.Evd(Symmetricity.Symmetric);
        var values = eigen.EigenValues.Real();
        var largest = Math.Max(values.AbsoluteMaximum(), double.Epsilon);
        // Directions without information get no weight.
        var cut = largest * 1e-10;
        var turned = eigen.EigenVectors.TransposeThisAndMultiply(moment);
        for (var i = 0; i < turned.Count; i++)
            turned[i] = values[i] > cut ? turned[i] / values[i] : 0;
        return eigen.EigenVectors * turned;
    }

    /// <summary>The factor, or null when the matrix is as good as singular.</summary>
    private static Cholesky<double>? Cholesky(Matrix<double> gram)
    {
        try
        {
            var factor = gram.Cholesky();
            var diagonal = factor.Factor.Diagonal();
            return diagonal.Minimum() > diagonal.Maximum() * 1e-5 ? factor : null;
        }
        catch (ArgumentException)
        {
            // MathNet's word for "not positive definite".
            return null;
        }
    }
}
