namespace Iml4e.Learning;

/// <summary>A column of names; null is missing.</summary>
public sealed class CategoryColumn(string name, string?[] values, ColumnInference? inference = null) : Column(name, inference)
{
    /// <summary>The names, row by row.</summary>
    public string?[] Values { get; } = values;

    /// <inheritdoc/>
    public override ColumnKind Kind => ColumnKind.Category;

    /// <inheritdoc/>
    public override int Length => Values.Length;

    /// <inheritdoc/>
    public override bool IsMissing(int row) => Values[row] is null;

    /// <inheritdoc/>
    public override Column Take(ReadOnlySpan<int> rows) => new CategoryColumn(Name, Pick(Values, rows), Inference);

    /// <inheritdoc/>
    public override Column Slice(int start, int count) => new CategoryColumn(Name, Values.AsSpan(start, count).ToArray(), Inference);

    internal override Column With(ColumnInference inference) => new CategoryColumn(Name, Values, inference);
}
