namespace Iml4e.Learning;

/// <summary>A feature matrix with its targets.</summary>
/// <param name="Schema">What the columns are.</param>
/// <param name="Values">Row-major, rows × columns, float32 as the ONNX graph sees it; NaN = missing.</param>
/// <param name="Targets">A number, or the index of the class, for each row.</param>
/// <param name="Weights">How much each row counts; null = all alike.</param>
internal sealed record FitData(FeatureSchema Schema, float[] Values, double[] Targets, float[]? Weights)
{
    public int Rows => Targets.Length;

    /// <summary>Number of features.</summary>
    public int Columns => Schema.Features.Count;

    /// <summary>Number of classes; 0 for regression.</summary>
    public int ClassCount => Schema.Classes?.Count ?? 0;

    /// <summary>Mean of the targets, each by its weight.</summary>
    public double MeanTarget()
    {
        if (Weights is null)
            return Targets.Average();
        double sum = 0, weight = 0;
        for (var r = 0; r < Targets.Length; r++)
        {
            sum += Weights[r] * Targets[r];
            weight += Weights[r];
        }
        return sum / weight;
    }
}
