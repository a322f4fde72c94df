using System.Globalization;
using System.Text;

namespace Iml4e.Tests.Integration.Elec2;

/// <summary>
/// The Elec2 stream: 45,312 half-hours of the electricity market of New South Wales from 7 May 1996, class 1 when the price rises above the mean of the last
/// day (Harries, "Splice-2 comparative evaluation: electricity pricing", 1999).
/// </summary>
internal sealed class Elec2Stream
{
    /// <summary>Rows of a month of 31 days.</summary>
    public const int MonthRows = 31 * 48;

    private static readonly DateTimeOffset Start = new(1996, 5, 7, 0, 0, 0, TimeSpan.Zero);

    private readonly string _header;
    private readonly string[] _lines;
    private readonly double[][] _values;

    private Elec2Stream(string header, string[] lines)
    {
        _header = header;
        _lines = lines;
        Columns = header.Split(',')[..^1];
        _values = Array.ConvertAll(lines, line => Array.ConvertAll(line.Split(','), text => double.Parse(text, CultureInfo.InvariantCulture)));
    }

    /// <summary>Where the file lies; null when it does not.</summary>
    public static string? Path { get; } = Find();

    /// <summary>Names of the features, in the order of the file.</summary>
    public string[] Columns { get; }

    /// <summary>Number of half-hours.</summary>
    public int Rows => _lines.Length;

    /// <summary>Number of months, the last one short.</summary>
    public int Months => (Rows + MonthRows - 1) / MonthRows;

    /// <summary>Reads the file.</summary>
    public static Elec2Stream Read()
    {
        var lines = File.ReadAllLines(Path!);
        return new Elec2Stream(lines[0], lines[1..]);
    }

    /// <summary>When a row begins.</summary>
    public static DateTimeOffset Time(int row) => Start.AddMinutes(30 * row);

    /// <summary>A feature of a row.</summary>
    public double Value(int row, int column) => _values[row][column];

    /// <summary>The class of a row, 0 or 1.</summary>
    public int Class(int row) => (int)_values[row][^1];

    /// <summary>Rows of a month, from 0.</summary>
    public (int From, int To) Month(int month) => (month * MonthRows, Math.Min(Rows, (month + 1) * MonthRows));

    /// <summary>A month as CSV, with the time of each row in front.</summary>
    public byte[] Csv(int month)
    {
        var text = new StringBuilder("timestamp,").Append(_header).Append('\n');
        var (from, to) = Month(month);
        for (var row = from; row < to; row++)
            text.Append(CultureInfo.InvariantCulture, $"{Time(row):yyyy-MM-dd'T'HH:mm:ss'Z'},{_lines[row]}\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var file = System.IO.Path.Combine(folder.FullName, "shared", "data", "drift", "elec.csv");
            if (File.Exists(file))
                return file;
        }

        return null;
    }
}
