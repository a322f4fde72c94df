namespace Iml4e.Learning;

/// <summary>A column of real numbers; NaN is missing.</summary>
public sealed class NumberColumn(string name, double[] values, ColumnInference? inference = null) : Column(name, inference)
{
    /// <summary>The numbers, row by row.</summary>
    public double[] Values { get; } = values;

    /// <inheritdoc/>
    public override ColumnKind Kind => ColumnKind.Number;

    /// <inheritdoc/>
    public override int Length => Values.Length;

    /// <inheritdoc/>
    public override bool IsMissing(int row) => double.IsNaN(Values[row]);

    /// <inheritdoc/>
    public override Column Take(ReadOnlySpan<int> rows) => new NumberColumn(Name, Pick(Values, rows), Inference);

    /// <inheritdoc/>
    public override Column Slice(int start, int count) => new NumberColumn(Name, Values.AsSpan(start, count).ToArray(), Inference);

    internal override Column With(ColumnInference inference) => new NumberColumn(Name, Values, inference);
}
