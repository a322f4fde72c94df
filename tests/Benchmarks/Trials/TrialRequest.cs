namespace Iml4e.Benchmarks.Trials;

/// <summary>One request of a scene.</summary>
/// <param name="Unit">What is randomised.</param>
/// <param name="Rows">The rows to predict, features each.</param>
/// <param name="Actual">What happened, a row each.</param>
internal sealed record TrialRequest(string Unit, float[][] Rows, double[] Actual)
{
    /// <summary>The mean loss of a model on the request: absolute error, or share of wrong classes.</summary>
    public double Loss(TrialModel model)
    {
        double sum = 0;
        for (var i = 0; i < Rows.Length; i++)
            sum += Math.Abs(model.Answer(Rows[i]) - Actual[i]);
        return sum / Rows.Length;
    }
}
