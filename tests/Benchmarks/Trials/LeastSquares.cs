using MathNet.Numerics.LinearAlgebra;

namespace Iml4e.Benchmarks.Trials;

/// <summary>Linear models of trials by ordinary least squares.</summary>
internal static class LeastSquares
{
    /// <summary>Fits a model that may use some of the features.</summary>
    /// <param name="requests">What it learns from.</param>
    /// <param name="used">Indices of the features; all others get a weight of 0.</param>
    /// <param name="isClass">Whether the answer is a class.</param>
    public static TrialModel Fit(IEnumerable<TrialRequest> requests, IReadOnlyList<int> used, bool isClass)
    {
        var rows = requests.SelectMany(r => r.Rows.Zip(r.Actual)).ToList();
        var features = rows[0].First.Length - 1;
        var x = Matrix<double>.Build.Dense(rows.Count, used.Count + 1, (i, j) => j == used.Count ? 1 : rows[i].First[used[j]]);
        var y = Vector<double>.Build.Dense(rows.Count, i => rows[i].Second);
        var normal = x.TransposeThisAndMultiply(x);
        for (var i = 0; i < used.Count; i++)
            normal[i, i] += 1e-6 * rows.Count;
        var solution = normal.Solve(x.TransposeThisAndMultiply(y));
        var weights = new double[features];
        for (var i = 0; i < used.Count; i++)
            weights[used[i]] = solution[i];
        return new TrialModel(weights, solution[used.Count], isClass);
    }
}
