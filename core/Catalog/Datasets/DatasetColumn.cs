namespace Iml4e.Catalog;

/// <summary>A column of a data set version: what it was taken for, and why.</summary>
public sealed record DatasetColumn
{
    /// <summary>The column's name.</summary>
    public required string Name { get; init; }

    /// <summary>number, category or timestamp.</summary>
    public required string Kind { get; init; }

    /// <summary>How the values are written, such as "whole numbers".</summary>
    public required string Format { get; init; }

    /// <summary>True when the kind was said with an upload and not inferred.</summary>
    public bool Declared { get; init; }

    /// <summary>Rows of all parts.</summary>
    public required int Rows { get; init; }

    /// <summary>Rows without a value.</summary>
    public required int Missing { get; init; }

    /// <summary>Missing rows over all rows.</summary>
    public double MissingShare => Rows == 0 ? 0 : (double)Missing / Rows;

    /// <summary>Values that would have fitted a narrower kind.</summary>
    public int Fitting { get; init; }

    /// <summary>The assumption in a sentence.</summary>
    public required string Assumed { get; init; }

    /// <summary>The first values that forced the column to be a category.</summary>
    public IReadOnlyList<DatasetExample> Examples { get; init; } = [];
}

/// <summary>A value that did not fit the kind that its column would else have had.</summary>
/// <param name="Row">Its row in the version, 1 = the first.</param>
/// <param name="Line">Line of its part in which the row starts.</param>
/// <param name="Value">The value, shortened; null when it is withheld.</param>
/// <param name="Expected">What it is not.</param>
public sealed record DatasetExample(int Row, int Line, string? Value, string Expected);
