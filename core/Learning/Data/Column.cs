namespace Iml4e.Learning;

/// <summary>One named column of a <see cref="DataFrame"/>.</summary>
public abstract class Column
{
    private protected Column(string name, ColumnInference? inference)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        Inference = inference;
    }

    /// <summary>The column's name, as in the header.</summary>
    public string Name { get; }

    /// <summary>What the reader took the column for, and why, over all rows that it read; null when the column was made and not read.</summary>
    public ColumnInference? Inference { get; }

    /// <summary>The same in a sentence, e.g. "number: all 8760 values are whole numbers".</summary>
    public string? Assumed => Inference?.Summary;

    /// <summary>Number, category or timestamp.</summary>
    public abstract ColumnKind Kind { get; }

    /// <summary>Number of rows.</summary>
    public abstract int Length { get; }

    /// <summary>True when the row has no value.</summary>
    public abstract bool IsMissing(int row);

    /// <summary>The rows at the given places, in that order.</summary>
    public abstract Column Take(ReadOnlySpan<int> rows);

    /// <summary>A run of rows.</summary>
    public abstract Column Slice(int start, int count);

    /// <summary>How many rows have no value.</summary>
    public int MissingCount()
    {
        var missing = 0;
        for (var row = 0; row < Length; row++)
            if (IsMissing(row))
                missing++;
        return missing;
    }

    /// <summary>The same values, described otherwise.</summary>
    internal abstract Column With(ColumnInference inference);

    private protected static T[] Pick<T>(T[] values, ReadOnlySpan<int> rows)
    {
        var picked = new T[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            picked[i] = values[rows[i]];
        return picked;
    }
}
