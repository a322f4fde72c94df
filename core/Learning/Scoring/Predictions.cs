namespace Iml4e.Learning;

/// <summary>What a model says of some rows; what it does not give is null.</summary>
/// <param name="Values">Regression: a number a row.</param>
/// <param name="Labels">Classification: a class a row.</param>
/// <param name="Probabilities">Rows × classes.</param>
/// <param name="Classes">Names of the classes, in the order of the probabilities.</param>
public sealed record Predictions(double[]? Values, string[]? Labels, double[,]? Probabilities, IReadOnlyList<string>? Classes)
{
    /// <summary>Number of rows.</summary>
    public int Rows => Values?.Length ?? Labels?.Length ?? Probabilities?.GetLength(0) ?? 0;
}
