namespace Iml4e.Learning;

/// <summary>A column of moments: unix seconds UTC between the years 1 and 9999; <see cref="Missing"/> is missing.</summary>
public sealed class TimestampColumn : Column
{
    /// <summary>The value that stands for "no moment".</summary>
    public const long Missing = long.MinValue;

    /// <summary>0001-01-01T00:00:00Z.</summary>
    public const long Earliest = -62135596800;

    /// <summary>9999-12-31T23:59:59Z.</summary>
    public const long Latest = 253402300799;

    /// <summary>Makes the column; a moment outside the years 1..9999 is refused.</summary>
    public TimestampColumn(string name, long[] values, ColumnInference? inference = null)
        : base(name, inference)
    {
        for (var row = 0; row < values.Length; row++)
            if (values[row] != Missing && values[row] is < Earliest or > Latest)
                throw new TrainingDataException($"data.row[{row + 1}].column[{name}]", $"{values[row]} seconds lie outside the years 1 to 9999");
        Values = values;
    }

    /// <summary>Unix seconds, row by row.</summary>
    public long[] Values { get; }

    /// <inheritdoc/>
    public override ColumnKind Kind => ColumnKind.Timestamp;

    /// <inheritdoc/>
    public override int Length => Values.Length;

    /// <inheritdoc/>
    public override bool IsMissing(int row) => Values[row] == Missing;

    /// <inheritdoc/>
    public override Column Take(ReadOnlySpan<int> rows) => new TimestampColumn(Name, Pick(Values, rows), Inference);

    /// <inheritdoc/>
    public override Column Slice(int start, int count) => new TimestampColumn(Name, Values.AsSpan(start, count).ToArray(), Inference);

    internal override Column With(ColumnInference inference) => new TimestampColumn(Name, Values, inference);
}
