using System.Buffers;
using System.Globalization;
using System.Text;

namespace Iml4e.Learning;

/// <summary>A table in memory: named columns of equal length, never changed once made.</summary>
public sealed class DataFrame
{
    private static readonly SearchValues<char> Quotable = SearchValues.Create(",;\t\"\r\n");
    private static readonly IReadOnlyCollection<string> MissingWords = new TableReadOptions().Missing;
    private readonly Dictionary<string, Column> byName;

    /// <summary>Makes a frame; column names must differ (case counts) and lengths be equal.</summary>
    public DataFrame(IReadOnlyList<Column> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        if (columns.Count == 0)
            throw new TrainingDataException("data", "no columns");
        byName = new Dictionary<string, Column>(StringComparer.Ordinal);
        foreach (var column in columns)
        {
            if (column.Length != columns[0].Length)
                throw new TrainingDataException("data", $"column '{column.Name}' has {column.Length} rows, '{columns[0].Name}' has {columns[0].Length}");
            if (!byName.TryAdd(column.Name, column))
                throw new TrainingDataException("data", $"column '{column.Name}' is there twice");
        }
        Columns = [.. columns];
        RowCount = columns[0].Length;
    }

    /// <summary>The columns in file order.</summary>
    public IReadOnlyList<Column> Columns { get; }

    /// <summary>Number of rows.</summary>
    public int RowCount { get; }

    /// <summary>The column of that name; <see cref="TrainingDataException"/> naming the columns there are when it is not there.</summary>
    public Column this[string name] => Find(name, "data");

    /// <summary>True when there is a column of that name.</summary>
    public bool Has(string name) => byName.ContainsKey(name);

    /// <summary>The numbers of a number column.</summary>
    public double[] Numbers(string name) =>
        this[name] is NumberColumn numbers
            ? numbers.Values
            : throw new TrainingDataException("data", $"column '{name}' holds {Plural(this[name])}, not numbers");

    /// <summary>The moments of a timestamp column, unix seconds.</summary>
    public long[] Timestamps(string name) =>
        this[name] is TimestampColumn moments
            ? moments.Values
            : throw new TrainingDataException("data", $"column '{name}' holds {Plural(this[name])}, not timestamps");

    /// <summary>The names of a category column.</summary>
    public string?[] Categories(string name) =>
        this[name] is CategoryColumn names
            ? names.Values
            : throw new TrainingDataException("data", $"column '{name}' holds {Plural(this[name])}, not categories");

    /// <summary>Reads a table: CSV (RFC 4180, UTF-8, one header line) or NDJSON (an object a line), plain or gzip; which, is told by its first bytes.</summary>
    /// <remarks>A column is a number when every value is one, a timestamp when every value is ISO 8601 (or "yyyy-MM-dd HH:mm"), else a category;
    /// <see cref="Column.Inference"/> says why. Unix seconds are timestamps only where <see cref="TableReadOptions.Kinds"/> says so.
    /// Beside the frame little memory is taken, however long the file is: it passes through, a second time where a column turns out late to be a category. A
    /// stream that cannot be read twice is held in memory.</remarks>
    /// <exception cref="TrainingDataException">Not a table, over a limit, or a value that does not fit its declared kind; row, column and line are
    /// named.</exception>
    public static DataFrame Read(Stream stream, TableReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return TableReader.Read(stream, options ?? new TableReadOptions());
    }

    /// <summary>Reads a table as <see cref="Read"/> does, with the same errors, but keeps no value: memory does not grow with the rows.</summary>
    /// <exception cref="TrainingDataException">As of <see cref="Read"/>.</exception>
    public static TableSummary Summarise(Stream stream, TableReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return TableReader.Summarise(stream, options ?? new TableReadOptions());
    }

    /// <summary>The media type of a table that starts with these bytes: text/csv, application/x-ndjson or application/gzip.</summary>
    public static string MediaType(ReadOnlySpan<byte> start) => TableReader.MediaType(start);

    /// <summary>Puts frames of the same columns under one another, in the order given; the first one's column order counts.</summary>
    /// <remarks>A column without any value takes the kind that the other frames give it.</remarks>
    public static DataFrame Concat(IEnumerable<DataFrame> frames)
    {
        ArgumentNullException.ThrowIfNull(frames);
        var all = frames.ToArray();
        if (all.Length == 0)
            throw new TrainingDataException("data.parts", "no parts");
        if (all.Length == 1)
            return all[0];
        for (var i = 1; i < all.Length; i++)
        {
            var absent = all[0].Columns.Select(c => c.Name).Where(n => !all[i].Has(n)).ToArray();
            var extra = all[i].Columns.Select(c => c.Name).Where(n => !all[0].Has(n)).ToArray();
            if (absent.Length > 0)
                throw new TrainingDataException($"data.parts[{i}]", $"without the columns {string.Join(", ", absent)} that the first part has");
            if (extra.Length > 0)
                throw new TrainingDataException($"data.parts[{i}]", $"with the columns {string.Join(", ", extra)} that the first part has not");
        }
        if (all.Sum(f => (long)f.RowCount) > int.MaxValue / 2)
            throw new TrainingDataException("data.parts", "too many rows in all");
        return new DataFrame([.. all[0].Columns.Select(c => Concat([.. all.Select(f => f[c.Name])]))]);
    }

    /// <summary>The same frame, its columns described as an earlier reading did; columns that are not named stay as they are.</summary>
    public DataFrame Describe(IReadOnlyDictionary<string, ColumnInference> inferences)
    {
        ArgumentNullException.ThrowIfNull(inferences);
        return new DataFrame([.. Columns.Select(c => inferences.TryGetValue(c.Name, out var inference) ? c.With(inference) : c)]);
    }

    /// <summary>A run of rows.</summary>
    public DataFrame Slice(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)start + count, RowCount);
        return new DataFrame([.. Columns.Select(c => c.Slice(start, count))]);
    }

    /// <summary>The rows at the given places, in that order.</summary>
    public DataFrame Take(int[] rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return new DataFrame([.. Columns.Select(c => c.Take(rows))]);
    }

    /// <summary>The rows in order of time; rows of the same moment keep their order.</summary>
    /// <exception cref="TrainingDataException">The column is not there, is a category, or lacks a value in some row.</exception>
    public DataFrame SortByTime(string column)
    {
        var order = TimeOrder(column);
        for (var i = 0; i < order.Length; i++)
            if (order[i] != i)
                return Take(order);
        return this;
    }

    /// <summary>Writes CSV: comma, UTF-8, line feed; numbers so that they read back the same, moments as ISO 8601 in UTC, missing values empty.</summary>
    public void WriteCsv(Stream stream)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine(string.Join(',', Columns.Select(c => Quote(c.Name))));
        for (var row = 0; row < RowCount; row++)
        {
            for (var i = 0; i < Columns.Count; i++)
            {
                if (i > 0)
                    writer.Write(',');
                // In a table of one column an empty line would be lost at the end of the file.
                if (Columns[i].IsMissing(row))
                    writer.Write(Columns.Count == 1 ? "NA" : "");
                else
                    writer.Write(Text(Columns[i], row));
            }
            writer.WriteLine();
        }
    }

    /// <summary>Places of the rows in order of time (stable); time may be a timestamp or a number column.</summary>
    internal int[] TimeOrder(string column)
    {
        var time = Find(column, "data.time");
        if (time is CategoryColumn)
            throw new TrainingDataException(
                "data.time", $"column '{column}' holds categories ({time.Assumed ?? "as made"}); a timestamp or a number is needed");
        for (var row = 0; row < RowCount; row++)
            if (time.IsMissing(row))
                throw new TrainingDataException("data.time", $"column '{column}' has no value in row {row + 1}");
        var order = new int[RowCount];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        if (time is TimestampColumn moments)
            SortStable(moments.Values, order);
        else
            SortStable(((NumberColumn)time).Values, order);
        return order;
    }

    /// <summary>The column of that name, or an error at the path given.</summary>
    internal Column Find(string name, string path) => byName.TryGetValue(name, out var column)
        ? column
        : throw new TrainingDataException(path, $"column '{name}' is not there; columns: {string.Join(", ", Columns.Select(c => c.Name).Take(100))}");

    internal static string Plural(Column column) => column.Kind switch
    {
        ColumnKind.Number => "numbers",
        ColumnKind.Category => "categories",
        _ => "timestamps",
    };

    private static void SortStable<T>(T[] keys, int[] order)
        where T : IComparable<T>
    {
        var sorted = true;
        for (var i = 1; i < keys.Length && sorted; i++)
            sorted = keys[i - 1].CompareTo(keys[i]) <= 0;
        if (!sorted)
            Array.Sort(order, (a, b) => keys[a].CompareTo(keys[b]) is var c && c != 0 ? c : a.CompareTo(b));
    }

    private static Column Concat(Column[] parts)
    {
        var inference = parts.All(p => p.Inference is not null) ? parts.Select(p => p.Inference!).Aggregate((all, next) => all.Then(next)) : null;
        var shaping = parts.FirstOrDefault(p => p.MissingCount() < p.Length) ?? parts[0];
        foreach (var part in parts)
            if (part.Kind != shaping.Kind && part.MissingCount() < part.Length)
                throw new TrainingDataException(
                    "data.parts", $"column '{part.Name}' holds {Plural(shaping)} in one part and {Plural(part)} in another ({part.Assumed})");
        return shaping.Kind switch
        {
            ColumnKind.Number => new NumberColumn(shaping.Name, Join(parts, p => (p as NumberColumn)?.Values, double.NaN), inference),
            ColumnKind.Category => new CategoryColumn(shaping.Name, Join(parts, p => (p as CategoryColumn)?.Values, (string?)null), inference),
            _ => new TimestampColumn(shaping.Name, Join(parts, p => (p as TimestampColumn)?.Values, TimestampColumn.Missing), inference),
        };
    }

    private static T[] Join<T>(Column[] parts, Func<Column, T[]?> values, T none)
    {
        var joined = new T[parts.Sum(p => p.Length)];
        var at = 0;
        foreach (var part in parts)
        {
            if (values(part) is { } own)
                own.CopyTo(joined, at);
            else
                joined.AsSpan(at, part.Length).Fill(none);
            at += part.Length;
        }
        return joined;
    }

    private static string Text(Column column, int row) => column switch
    {
        NumberColumn numbers => numbers.Values[row].ToString("R", CultureInfo.InvariantCulture),
        TimestampColumn moments => TimestampText.Format(moments.Values[row]),
        _ => Quote(((CategoryColumn)column).Values[row]!),
    };

    private static string Quote(string text) =>
        text.Length == 0 || text.AsSpan().IndexOfAny(Quotable) >= 0 || char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]) || MissingWords.Contains(text)
            ? "\"" + text.Replace("\"", "\"\"", StringComparison.Ordinal) + "\""
            : text;
}
