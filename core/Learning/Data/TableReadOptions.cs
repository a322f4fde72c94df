namespace Iml4e.Learning;

/// <summary>How a table is read, and how much of it at most.</summary>
public sealed record TableReadOptions
{
    /// <summary>CSV or NDJSON; null = told by the first bytes.</summary>
    public TableFormat? Format { get; init; }

    /// <summary>
    /// CSV: between fields; null = the one of comma, semicolon and tab that the header line holds most often outside quotes (comma when none).
    /// </summary>
    public char? Separator { get; init; }

    /// <summary>
    /// Kinds said beforehand, by column name. A declared timestamp may be given in unix seconds; a value that does not fit its declared kind is an error.
    /// </summary>
    public IReadOnlyDictionary<string, ColumnKind> Kinds { get; init; } = new Dictionary<string, ColumnKind>();

    /// <summary>
    /// What earlier parts of the same table were taken for, by column name: the kind stays, whatever this part alone would look like. A value that does not fit
    /// is an error.
    /// </summary>
    public IReadOnlyDictionary<string, ColumnInference> Known { get; init; } = new Dictionary<string, ColumnInference>();

    /// <summary>CSV: unquoted texts that mean "no value", beside the empty one.</summary>
    public IReadOnlyCollection<string> Missing { get; init; } = ["NA", "N/A", "NaN", "nan", "null", "NULL"];

    /// <summary>Largest number of bytes after decompression.</summary>
    public long MaxBytes { get; init; } = 512L << 20;

    /// <summary>Largest number of times that a compressed file may grow, once it is beyond <see cref="MaxExpandedBytes"/>.</summary>
    public long MaxExpansion { get; init; } = 100;

    /// <summary>Bytes up to which a compressed file may grow by any factor.</summary>
    public long MaxExpandedBytes { get; init; } = 32L << 20;

    /// <summary>NDJSON: largest number of bytes in one line.</summary>
    public int MaxLineBytes { get; init; } = 8 << 20;

    /// <summary>Largest number of rows, the header aside.</summary>
    public int MaxRows { get; init; } = 10_000_000;

    /// <summary>Largest number of columns.</summary>
    public int MaxColumns { get; init; } = 2_000;

    /// <summary>Largest number of bytes in one field.</summary>
    public int MaxFieldBytes { get; init; } = 64 << 10;

    /// <summary>Largest number of fields, the header aside.</summary>
    public int MaxCells { get; init; } = 100_000_000;
}
