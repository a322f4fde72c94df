namespace Iml4e.Learning;

/// <summary>A column of a <see cref="TableSummary"/>.</summary>
/// <param name="Name">Its name, as in the header.</param>
/// <param name="Inference">What it was taken for, and why.</param>
public sealed record ColumnSummary(string Name, ColumnInference Inference);
