using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Iml4e.Learning;

/// <summary>Decides what one column of a table holds and reads it, value by value as they come.</summary>
/// <remarks>A number when every value is one, a timestamp when every value is a date, else a category; a JSON string is never a number. Said beforehand
/// (<see cref="TableReadOptions.Kinds"/>, <see cref="TableReadOptions.Known"/>), a value that does not fit is an error. Of a column that looked like a number
/// or a date for a while and then turned out to be a category the first texts are not kept: it has to be read once more.</remarks>
internal sealed class ColumnReader
{
    private const string WholeNumbers = "whole numbers", DecimalNumbers = "decimal numbers", Texts = "texts";
    private const int LongestInterned = 256;
    private readonly string name;
    private readonly ColumnUse use;
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> missing;
    private readonly ColumnInference? declared;
    private readonly string? told;
    private readonly List<FallbackExample> noNumbers = [];
    private readonly List<FallbackExample> noDates = [];
    private ColumnKind? kept;
    private ValueList<double>? doubles;
    private ValueList<long>? seconds;
    private ValueList<string?>? names;
    private Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> seen;
    private TrainingDataException? wrong;
    private TrainingDataException? infinite;
    private int rows, absent, numbers, whole, moments, offsets;

    /// <param name="name">The column.</param>
    /// <param name="options">What is known of it beforehand.</param>
    /// <param name="missing">Bare words that mean "no value".</param>
    /// <param name="use">What is wanted.</param>
    public ColumnReader(string name, TableReadOptions options, HashSet<string> missing, ColumnUse use)
    {
        this.name = name;
        this.use = use;
        this.missing = missing.GetAlternateLookup<ReadOnlySpan<char>>();
        var known = options.Known.GetValueOrDefault(name);
        if (options.Kinds.TryGetValue(name, out var kind))
        {
            if (known is { Present: > 0 } && known.Kind != kind)
                wrong = new TrainingDataException(
                    "data.kinds", $"column '{name}' was a {known.Kind.ToString().ToLowerInvariant()} column so far ({known.Summary})");
            declared = new ColumnInference { Kind = kind, Format = Said(kind), Declared = true, Rows = 0, Missing = 0 };
        }
        else if (known is { Present: > 0 } or { Declared: true })
        {
            declared = known;
            told = known.Declared ? null : $"the data set has {known.Kind.ToString().ToLowerInvariant()} values there so far";
        }

        if (use == ColumnUse.Names)
            Keep(ColumnKind.Category);
        else if (use == ColumnUse.Keep && declared is not null)
            Keep(declared.Kind);
    }

    /// <summary>Rows so far.</summary>
    public int Rows => rows;

    /// <summary>Whether the values wanted are not all there, so that the table must be read again with <see cref="ColumnUse.Names"/>.</summary>
    public bool MustBeReadAgain => use == ColumnUse.Keep && wrong is null && Kind == ColumnKind.Category && kept != ColumnKind.Category;

    private int Present => rows - absent;

    private ColumnKind Kind => declared?.Kind ?? (numbers == Present ? ColumnKind.Number : moments == Present ? ColumnKind.Timestamp : ColumnKind.Category);

    /// <summary>Takes the value of the next row.</summary>
    /// <param name="text">As it stands in the file, without its quotes.</param>
    /// <param name="style">How it is written.</param>
    /// <param name="line">Line in which its row starts.</param>
    public void Add(ReadOnlySpan<byte> text, CellStyle style, int line)
    {
        var trimmed = text.Trim(" \t"u8);
        if (IsMissing(trimmed, style))
        {
            Pad(rows + 1);
            return;
        }

        rows++;
        if (use == ColumnUse.Names)
            names!.Add(Name(text, style));
        else if (use == ColumnUse.Skip)
            return;
        else if (declared is null)
            Infer(text, trimmed, style, line);
        else
            Check(text, trimmed, style, line);
    }

    /// <summary>Gives rows up to a number no value.</summary>
    public void Pad(int upTo)
    {
        for (; rows < upTo; rows++)
        {
            absent++;
            if (kept == ColumnKind.Number)
                doubles!.Add(double.NaN);
            else if (kept == ColumnKind.Timestamp)
                seconds!.Add(TimestampColumn.Missing);
            else if (kept == ColumnKind.Category)
                names!.Add(null);
        }
    }

    /// <summary>What the column was taken for.</summary>
    /// <exception cref="TrainingDataException">A value does not fit.</exception>
    public ColumnInference Describe()
    {
        if (wrong is not null || (Kind == ColumnKind.Number && infinite is not null))
            throw (wrong ?? infinite)!;
        // Rows and examples of the parts before are theirs.
        if (declared is not null)
            return declared with { Rows = rows, Missing = absent, Numbers = Kind == ColumnKind.Number ? Present : 0, Examples = [] };
        var inference = new ColumnInference { Kind = Kind, Format = Texts, Rows = rows, Missing = absent, Numbers = numbers };
        if (Kind == ColumnKind.Number)
            return inference with { Format = whole == numbers ? WholeNumbers : DecimalNumbers };
        if (Kind == ColumnKind.Timestamp)
            return inference with { Format = Dates(moments, offsets) };
        // What is not a date is the odd one where most are dates.
        var dates = moments > numbers && moments * 2 > Present;
        return inference with { Numbers = dates ? moments : numbers, Examples = dates ? noDates : noNumbers };
    }

    /// <summary>The column. Its values are given away: once only.</summary>
    /// <param name="again">The reader of the reading with <see cref="ColumnUse.Names"/>; needed when <see cref="MustBeReadAgain"/>.</param>
    /// <exception cref="TrainingDataException">A value does not fit.</exception>
    public Column Read(ColumnReader? again)
    {
        var inference = Describe();
        if (MustBeReadAgain)
            return new CategoryColumn(name, again!.names!.Take(), inference);
        if (kept is null)
        {
            // No row has a value.
            Keep(inference.Kind);
        }

        return kept switch
        {
            ColumnKind.Number => new NumberColumn(name, doubles!.Take(), inference),
            ColumnKind.Timestamp => new TimestampColumn(name, seconds!.Take(), inference),
            ColumnKind.Category => new CategoryColumn(name, names!.Take(), inference),
            _ => throw new UnreachableException(),
        };
    }

    private static string Said(ColumnKind kind) => kind switch
    {
        ColumnKind.Number => DecimalNumbers,
        ColumnKind.Timestamp => "dates or unix seconds",
        _ => Texts,
    };

    private static string Dates(int all, int withOffset) =>
        withOffset == all ? "ISO 8601 with an offset"
        : withOffset == 0 ? "dates without an offset, taken as UTC"
        : "dates, those without an offset taken as UTC";

    private void Infer(ReadOnlySpan<byte> text, ReadOnlySpan<byte> trimmed, CellStyle style, int line)
    {
        var isNumber = TryNumber(trimmed, out var number);
        var isDate = false;
        long moment = 0;
        if (isNumber && style != CellStyle.Text)
        {
            numbers++;
            whole += Math.Floor(number) == number ? 1 : 0;
            Note(noDates, text, style, line, "a date");
            if (double.IsInfinity(number))
                infinite ??= Wrong(text, style, line, "is not a finite number");
        }
        else
        {
            Note(noNumbers, text, style, line, isNumber ? "a number but a text" : "a number");
            isNumber = false;
            isDate = TimestampText.TryParse(trimmed, out moment, out var offset);
            if (isDate)
            {
                moments++;
                offsets += offset ? 1 : 0;
            }
            else
            {
                Note(noDates, text, style, line, "a date");
            }
        }

        if (use != ColumnUse.Keep)
            return;
        if (Present == 1)
            Keep(isNumber ? ColumnKind.Number : isDate ? ColumnKind.Timestamp : ColumnKind.Category);
        if (kept == ColumnKind.Category)
            names!.Add(Name(text, style));
        else if (kept == ColumnKind.Number && isNumber)
            doubles!.Add(number);
        else if (kept == ColumnKind.Timestamp && isDate)
            seconds!.Add(moment);
        else
            (kept, doubles, seconds) = (null, null, null);
    }

    private void Check(ReadOnlySpan<byte> text, ReadOnlySpan<byte> trimmed, CellStyle style, int line)
    {
        if (wrong is not null)
            return;
        switch (declared!.Kind)
        {
            case ColumnKind.Category:
                names?.Add(Name(text, style));
                break;
            case ColumnKind.Timestamp:
                if (TimestampText.TryParse(trimmed, out var moment, out _))
                    seconds?.Add(moment);
                else if (declared.Declared && TryNumber(trimmed, out var unix) && unix is >= TimestampColumn.Earliest and <= TimestampColumn.Latest)
                    seconds?.Add((long)Math.Floor(unix));
                else
                    wrong = Wrong(text, style, line, $"is not a date (ISO 8601{(declared.Declared ? " or unix seconds of the years 1 to 9999" : "")})", told);
                break;
            default:
                if (!TryNumber(trimmed, out var number))
                    wrong = Wrong(text, style, line, "is not a number", told);
                else if (double.IsInfinity(number))
                    infinite ??= Wrong(text, style, line, "is not a finite number");
                doubles?.Add(number);
                break;
        }
    }

    private void Keep(ColumnKind kind)
    {
        kept = kind;
        if (kind == ColumnKind.Number)
            doubles = new ValueList<double>();
        else if (kind == ColumnKind.Timestamp)
            seconds = new ValueList<long>();
        else
            (names, seen) = (new ValueList<string?>(), new Dictionary<string, string>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>());
        // Rows so far have no value, but for the one that is being added.
        for (var row = 0; row < absent; row++)
        {
            doubles?.Add(double.NaN);
            seconds?.Add(TimestampColumn.Missing);
            names?.Add(null);
        }
    }

    private void Note(List<FallbackExample> examples, ReadOnlySpan<byte> text, CellStyle style, int line, string expected)
    {
        if (examples.Count < ColumnInference.MaxExamples)
            examples.Add(new FallbackExample(rows, line, Shown(text, style), expected));
    }

    private string Name(ReadOnlySpan<byte> text, CellStyle style)
    {
        if (style == CellStyle.Escaped || text.Length > LongestInterned)
            return Whole(text, style);
        Span<char> buffer = stackalloc char[LongestInterned];
        ReadOnlySpan<char> value = buffer[..Encoding.UTF8.GetChars(text, buffer)];
        if (style == CellStyle.Bare)
            value = value.Trim();
        if (!seen.TryGetValue(value, out _, out var known))
        {
            known = value.ToString();
            seen.Dictionary[known] = known;
        }
        return known;
    }

    private bool IsMissing(ReadOnlySpan<byte> trimmed, CellStyle style)
    {
        if (trimmed.IsEmpty)
            return true;
        if (style != CellStyle.Bare || trimmed.Length > 16)
            return false;
        Span<char> chars = stackalloc char[16];
        return missing.Contains(chars[..Encoding.UTF8.GetChars(trimmed, chars)]);
    }

    private static bool TryNumber(ReadOnlySpan<byte> trimmed, out double value)
    {
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

    private static string Whole(ReadOnlySpan<byte> text, CellStyle style)
    {
        var plain = Encoding.UTF8.GetString(text);
        return style switch
        {
            CellStyle.Escaped => plain.Replace("\"\"", "\"", StringComparison.Ordinal),
            CellStyle.Bare => plain.Trim(),
            _ => plain,
        };
    }

    private static string Shown(ReadOnlySpan<byte> text, CellStyle style)
    {
        var plain = new string([.. Whole(text, style).Select(c => char.IsControl(c) ? ' ' : c)]);
        return plain.Length <= 40 ? plain : plain[..40] + "…";
    }

    private TrainingDataException Wrong(ReadOnlySpan<byte> text, CellStyle style, int line, string detail, string? told = null) =>
        TableRows.At($"data.row[{rows}].column[{name}]", $"'{Shown(text, style)}' {detail}{(told is null ? "" : $"; {told}")}", line);
}
