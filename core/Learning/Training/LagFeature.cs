namespace Iml4e.Learning;

/// <summary>Earlier values of a number column as features; the label's own earlier values may be named too.</summary>
/// <param name="Column">A number column.</param>
/// <param name="Lags">Steps back, each at least 1 (the previous row in order of time); any order, no doubles.</param>
public sealed record LagFeature(string Column, IReadOnlyList<int> Lags)
{
    /// <summary>Largest lag that is taken.</summary>
    public const int Largest = 10_000;

    /// <summary>Name of the model input that carries the history: "column_history".</summary>
    public string InputName => HistoryName(Column);

    internal static string HistoryName(string column) => column + "_history";
}
