using System.Globalization;
using System.Text;

namespace Iml4e.Learning;

/// <summary>Decides what one column of a table holds and reads it.</summary>
/// <remarks>A number when every value is one, a timestamp when every value is a date, else a category; a JSON string is never a number. Said beforehand
/// (<see cref="TableReadOptions.Kinds"/>, <see cref="TableReadOptions.Known"/>), a value that does not fit is an error.</remarks>
internal sealed class ColumnReader
{
    private const string WholeNumbers = "whole numbers", DecimalNumbers = "decimal numbers", Texts = "texts";
    private readonly CellTable table;
    private readonly int column;
    private readonly string name;
    private readonly HashSet<string> missing;
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> missingLookup;

    public ColumnReader(CellTable table, int column)
    {
        this.table = table;
        this.column = column;
        name = table.Header[column];
        missing = new HashSet<string>(table.Options.Missing, StringComparer.Ordinal);
        missingLookup = missing.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    private ReadOnlySpan<byte> Text => table.Text.Span;

    public Column Read()
    {
        var known = table.Options.Known.GetValueOrDefault(name);
        if (table.Options.Kinds.TryGetValue(name, out var kind))
        {
            if (known is { Present: > 0 } && known.Kind != kind)
                throw new TrainingDataException("data.kinds", $"column '{name}' was a {known.Kind.ToString().ToLowerInvariant()} column so far ({known.Summary})");
            return Declared(new ColumnInference { Kind = kind, Format = Said(kind), Declared = true, Rows = 0, Missing = 0 });
        }
        return known is { Present: > 0 } || known is { Declared: true } ? Declared(known) : Inferred();
    }

    private static string Said(ColumnKind kind) => kind switch
    {
        ColumnKind.Number => DecimalNumbers,
        ColumnKind.Timestamp => "dates or unix seconds",
        _ => Texts,
    };

    private Column Inferred()
    {
        var cells = table.Column(column);
        var values = new double[cells.Length];
        int absent = 0, numbers = 0, whole = 0, moments = 0, offsets = 0;
        List<FallbackExample> noNumbers = [], noDates = [];
        for (var row = 0; row < cells.Length; row++)
        {
            var cell = cells[row];
            values[row] = double.NaN;
            if (IsMissing(cell))
            {
                absent++;
                continue;
            }
            if (cell.Style != CellStyle.Text && TryNumber(cell, out values[row]))
            {
                numbers++;
                whole += Math.Floor(values[row]) == values[row] ? 1 : 0;
                Note(noDates, row, cell, "a date");
                continue;
            }
            Note(noNumbers, row, cell, cell.Style == CellStyle.Text && TryNumber(cell, out _) ? "a number but a text" : "a number");
            if (TimestampText.TryParse(Trimmed(cell), out _, out var offset))
            {
                moments++;
                offsets += offset ? 1 : 0;
            }
            else
            {
                Note(noDates, row, cell, "a date");
            }
        }

        var inference = new ColumnInference { Kind = ColumnKind.Number, Format = WholeNumbers, Rows = cells.Length, Missing = absent, Numbers = numbers };
        if (numbers == inference.Present)
        {
            CheckFinite(values);
            return new NumberColumn(name, values, inference with { Format = whole == numbers ? WholeNumbers : DecimalNumbers });
        }
        if (moments == inference.Present)
            return new TimestampColumn(name, Moments(unixAllowed: false, null), inference with { Kind = ColumnKind.Timestamp, Format = Dates(moments, offsets) });
        // What is not a date is the odd one where most are dates.
        var dates = moments > numbers && moments * 2 > inference.Present;
        return new CategoryColumn(name, Names(), inference with
        {
            Kind = ColumnKind.Category, Format = Texts, Numbers = dates ? moments : numbers, Examples = dates ? noDates : noNumbers,
        });
    }

    private void Note(List<FallbackExample> examples, int row, Cell cell, string expected)
    {
        if (examples.Count < ColumnInference.MaxExamples)
            examples.Add(new FallbackExample(row + 1, table.LineOf(row), Shown(cell), expected));
    }

    private static string Dates(int all, int withOffset) =>
        withOffset == all ? "ISO 8601 with an offset"
        : withOffset == 0 ? "dates without an offset, taken as UTC"
        : "dates, those without an offset taken as UTC";

    private Column Declared(ColumnInference inference)
    {
        var cells = table.Column(column);
        var absent = 0;
        foreach (var cell in cells)
            absent += IsMissing(cell) ? 1 : 0;
        var told = inference.Declared ? null : $"the data set has {inference.Kind.ToString().ToLowerInvariant()} values there so far";
        // Rows and examples of the parts before are theirs.
        inference = inference with { Rows = cells.Length, Missing = absent, Numbers = inference.Kind == ColumnKind.Number ? cells.Length - absent : 0, Examples = [] };
        switch (inference.Kind)
        {
            case ColumnKind.Category:
                return new CategoryColumn(name, Names(), inference);
            case ColumnKind.Timestamp:
                return new TimestampColumn(name, Moments(inference.Declared, told), inference);
            default:
                var values = new double[cells.Length];
                for (var row = 0; row < cells.Length; row++)
                    if (IsMissing(cells[row]))
                        values[row] = double.NaN;
                    else if (!TryNumber(cells[row], out values[row]))
                        throw Wrong(row, cells[row], "is not a number", told);
                CheckFinite(values);
                return new NumberColumn(name, values, inference);
        }
    }

    private void CheckFinite(double[] values)
    {
        for (var row = 0; row < values.Length; row++)
            if (double.IsInfinity(values[row]))
                throw Wrong(row, table.Column(column)[row], "is not a finite number", null);
    }

    private long[] Moments(bool unixAllowed, string? told)
    {
        var cells = table.Column(column);
        var values = new long[cells.Length];
        for (var row = 0; row < cells.Length; row++)
        {
            var cell = cells[row];
            if (IsMissing(cell))
                values[row] = TimestampColumn.Missing;
            else if (TimestampText.TryParse(Trimmed(cell), out var seconds, out _))
                values[row] = seconds;
            else if (unixAllowed && TryNumber(cell, out var unix) && unix is >= TimestampColumn.Earliest and <= TimestampColumn.Latest)
                values[row] = (long)Math.Floor(unix);
            else
                throw Wrong(row, cell, $"is not a date (ISO 8601{(unixAllowed ? " or unix seconds of the years 1 to 9999" : "")})", told);
        }
        return values;
    }

    private string?[] Names()
    {
        var cells = table.Column(column);
        var values = new string?[cells.Length];
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        var lookup = seen.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> buffer = stackalloc char[256];
        for (var row = 0; row < cells.Length; row++)
        {
            var cell = cells[row];
            if (IsMissing(cell))
                continue;
            if (cell.Style == CellStyle.Escaped || cell.Length > 256)
            {
                values[row] = Whole(cell);
                continue;
            }
            var length = Encoding.UTF8.GetChars(Text.Slice(cell.Start, cell.Length), buffer);
            ReadOnlySpan<char> value = buffer[..length];
            if (cell.Style == CellStyle.Bare)
                value = value.Trim();
            if (!lookup.TryGetValue(value, out _, out var known))
            {
                known = value.ToString();
                seen[known] = known;
            }
            values[row] = known;
        }
        return values;
    }

    private bool IsMissing(Cell cell)
    {
        var trimmed = Trimmed(cell);
        if (trimmed.IsEmpty)
            return true;
        if (cell.Style != CellStyle.Bare || trimmed.Length > 16)
            return false;
        Span<char> chars = stackalloc char[16];
        var length = Encoding.UTF8.GetChars(trimmed, chars);
        return missingLookup.Contains(chars[..length]);
    }

    private ReadOnlySpan<byte> Trimmed(Cell cell) => Text.Slice(cell.Start, cell.Length).Trim(" \t"u8);

    private bool TryNumber(Cell cell, out double value)
    {
        var trimmed = Trimmed(cell);
        // "Infinity" and "NaN" are words, not measurements: only what starts like a number is one.
        var first = trimmed[0] is (byte)'-' or (byte)'+' && trimmed.Length > 1 ? trimmed[1] : trimmed[0];
        if (first is not ((>= (byte)'0' and <= (byte)'9') or (byte)'.'))
        {
            value = double.NaN;
            return false;
        }
        if (double.TryParse(trimmed, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value))
            return true;
        value = double.NaN;
        return false;
    }

    private string Whole(Cell cell)
    {
        var plain = Encoding.UTF8.GetString(Text.Slice(cell.Start, cell.Length));
        return cell.Style switch
        {
            CellStyle.Escaped => plain.Replace("\"\"", "\"", StringComparison.Ordinal),
            CellStyle.Bare => plain.Trim(),
            _ => plain,
        };
    }

    private string Shown(Cell cell)
    {
        var plain = new string([.. Whole(cell).Select(c => char.IsControl(c) ? ' ' : c)]);
        return plain.Length <= 40 ? plain : plain[..40] + "…";
    }

    private TrainingDataException Wrong(int row, Cell cell, string detail, string? told) =>
        CellTable.At($"data.row[{row + 1}].column[{name}]", $"'{Shown(cell)}' {detail}{(told is null ? "" : $"; {told}")}", table.LineOf(row));
}
