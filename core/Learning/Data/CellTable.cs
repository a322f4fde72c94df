using System.Runtime.InteropServices;

namespace Iml4e.Learning;

/// <summary>A table whose values are found but not read yet: a text, and for each column where in it the values stand.</summary>
internal sealed class CellTable(TableReadOptions options)
{
    private readonly List<string> header = [];
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);
    private readonly List<List<Cell>> cells = [];
    private readonly List<int> lines = [];
    private int width;

    public TableReadOptions Options { get; } = options;

    /// <summary>The text that the cells stand in, UTF-8. Set before columns are read.</summary>
    public ReadOnlyMemory<byte> Text { get; set; }

    public IReadOnlyList<string> Header => header;

    public int Rows => lines.Count;

    /// <summary>Line in which the row being added starts; 0 before the first.</summary>
    public int Line => lines.Count == 0 ? 0 : lines[^1];

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
        cells.Add([]);
        return header.Count - 1;
    }

    /// <summary>The place of a column; -1 when it is not there.</summary>
    public int Find(string name) => places.GetValueOrDefault(name, -1);

    /// <summary>Begins a row.</summary>
    public void BeginRow(int line)
    {
        lines.Add(line);
        width = Math.Max(width, header.Count);
        if (Rows > Options.MaxRows)
            throw new TrainingDataException("data", $"more than {Options.MaxRows} rows");
        if ((long)Rows * width > Options.MaxCells)
            throw new TrainingDataException("data", $"more than {Options.MaxCells} fields");
    }

    /// <summary>Gives the row a value; false when it has one in that column already.</summary>
    public bool Add(int column, Cell cell)
    {
        var own = cells[column];
        if (own.Count == Rows)
            return false;
        Pad(own, Rows - 1);
        own.Add(cell);
        return true;
    }

    /// <summary>The column's cells, one a row.</summary>
    public ReadOnlySpan<Cell> Column(int column)
    {
        Pad(cells[column], Rows);
        return CollectionsMarshal.AsSpan(cells[column]);
    }

    /// <summary>Line in which a row starts.</summary>
    public int LineOf(int row) => lines[row];

    /// <summary>All columns, read.</summary>
    public DataFrame ToFrame()
    {
        foreach (var declared in Options.Kinds.Keys)
            if (!places.ContainsKey(declared))
                throw new TrainingDataException("data.kinds", $"column '{declared}' is not there; columns: {string.Join(", ", header.Take(100))}");
        return new DataFrame([.. Enumerable.Range(0, header.Count).Select(c => new ColumnReader(this, c).Read())]);
    }

    /// <summary>An error that names the line.</summary>
    public static TrainingDataException At(string path, string detail, int line) => new(path, $"{detail} (line {line})");

    private static void Pad(List<Cell> column, int rows)
    {
        if (column.Count >= rows)
            return;
        var from = column.Count;
        CollectionsMarshal.SetCount(column, rows);
        CollectionsMarshal.AsSpan(column)[from..].Fill(Cell.None);
    }
}
