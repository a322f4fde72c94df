namespace Iml4e.Learning;

/// <summary>What a table holds, without its values.</summary>
/// <param name="Rows">Number of rows.</param>
/// <param name="Columns">The columns in file order.</param>
public sealed record TableSummary(int Rows, IReadOnlyList<ColumnSummary> Columns)
{
    /// <summary>True when there is a column of that name.</summary>
    public bool Has(string name) => Columns.Any(c => c.Name == name);
}
