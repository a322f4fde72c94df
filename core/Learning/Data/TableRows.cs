namespace Iml4e.Learning;

/// <summary>The rows of a table as they are found: each value goes to the reader of its column at once, and of the text nothing is kept.</summary>
/// <param name="options">Limits, and what is known beforehand.</param>
/// <param name="use">What is wanted of a column, by its place and name.</param>
internal sealed class TableRows(TableReadOptions options, Func<int, ColumnUse> use)
{
    private readonly List<string> header = [];
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);
    private readonly List<ColumnReader> readers = [];
    private readonly HashSet<string> missing = new(options.Missing, StringComparer.Ordinal);
    private int width;

    public TableReadOptions Options { get; } = options;

    public IReadOnlyList<string> Header => header;

    /// <summary>Rows so far, the one being added among them.</summary>
    public int Rows { get; private set; }

    /// <summary>Line in which the row being added starts; 0 before the first.</summary>
    public int Line { get; private set; }

    /// <summary>The columns, in the order of the header, once <see cref="End"/> was called.</summary>
    public IReadOnlyList<ColumnReader> Columns => readers;

    /// <summary>Adds a column; rows that are there already have no value in it.</summary>
    public int AddColumn(string name)
    {
        var where = Rows == 0 ? $"data.header[{header.Count + 1}]" : $"data.row[{Rows}]";
        if (name.Length == 0)
            throw At(where, "a column without a name", Rows == 0 ? 1 : Line);
        if (name.Length > 200 || name.Any(char.IsControl))
            throw At(where, "a column name has at most 200 characters and no control characters", Rows == 0 ? 1 : Line);
        if (!places.TryAdd(name, header.Count))
            throw At(where, $"the column name '{name}' is there twice", Rows == 0 ? 1 : Line);
        if (header.Count == Options.MaxColumns)
            throw At(where, $"more than {Options.MaxColumns} columns", Rows == 0 ? 1 : Line);
        header.Add(name);
        readers.Add(new ColumnReader(name, Options, missing, use(readers.Count)));
        return header.Count - 1;
    }

    /// <summary>The place of a column; -1 when it is not there.</summary>
    public int Find(string name) => places.GetValueOrDefault(name, -1);

    /// <summary>Begins a row.</summary>
    public void BeginRow(int line)
    {
        Line = line;
        Rows++;
        width = Math.Max(width, header.Count);
        if (Rows > Options.MaxRows)
            throw new TrainingDataException("data", $"more than {Options.MaxRows} rows");
        if ((long)Rows * width > Options.MaxCells)
            throw new TrainingDataException("data", $"more than {Options.MaxCells} fields");
    }

    /// <summary>Gives the row a value; false when it has one in that column already.</summary>
    public bool Add(int column, ReadOnlySpan<byte> text, CellStyle style)
    {
        var reader = readers[column];
        if (reader.Rows == Rows)
            return false;
        reader.Pad(Rows - 1);
        reader.Add(text, style, Line);
        return true;
    }

    /// <summary>Ends the table: rows that lack a value have none.</summary>
    public void End()
    {
        foreach (var reader in readers)
            reader.Pad(Rows);
        foreach (var declared in Options.Kinds.Keys)
            if (!places.ContainsKey(declared))
                throw new TrainingDataException("data.kinds", $"column '{declared}' is not there; columns: {string.Join(", ", header.Take(100))}");
    }

    /// <summary>An error that names the line.</summary>
    public static TrainingDataException At(string path, string detail, int line) => new(path, $"{detail} (line {line})");
}
