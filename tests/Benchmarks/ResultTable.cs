using System.Globalization;

namespace Iml4e.Benchmarks;

/// <summary>A plain table: what, unit, median, min, max, n, and how it compares.</summary>
internal sealed class ResultTable(string title)
{
    private static readonly string[] Head = ["", "unit", "median", "min", "max", "n", "compared with, in this run"];
    private readonly List<string[]> _rows = [Head];

    /// <summary>Adds a line.</summary>
    /// <param name="what">What was measured.</param>
    /// <param name="unit">Unit of the values.</param>
    /// <param name="sample">The values.</param>
    /// <param name="comparison">Ratio or bar.</param>
    public ResultTable Add(string what, string unit, Sample sample, string comparison = "")
    {
        _rows.Add([what, unit, Number(sample.Median), Number(sample.Min), Number(sample.Max), sample.Count.ToString(CultureInfo.InvariantCulture), comparison]);
        return this;
    }

    /// <summary>"1.23 x NAME", of two medians.</summary>
    public static string Ratio(Sample value, Sample other, string name) => FormattableString.Invariant($"{value.Median / other.Median:0.00} x {name}");

    /// <summary>The median of the ratios to another measurement, each of two turns that followed each other.</summary>
    public static string Turns(Sample ratios, string name) => FormattableString.Invariant($"{ratios.Median:0.00} x {name}, turn by turn");

    /// <summary>Whether the median keeps to a bar.</summary>
    public static string Bar(Sample value, double most, string unit) =>
        FormattableString.Invariant($"bar {most:0.##} {unit}: {(value.Median <= most ? "met" : "MISSED")}");

    /// <summary>Writes title and lines.</summary>
    public void Write(TextWriter output)
    {
        var widths = Enumerable.Range(0, Head.Length).Select(column => _rows.Max(row => row[column].Length)).ToArray();
        output.WriteLine();
        output.WriteLine(title);
        foreach (var row in _rows)
        {
            // Numbers to the right, texts to the left.
            var cells = row.Select((cell, column) => column is >= 2 and <= 5 ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]));
            output.WriteLine("  " + string.Join("  ", cells).TrimEnd());
        }
    }

    private static string Number(double value) =>
        value.ToString(Math.Abs(value) switch { >= 1000 => "#,0", >= 100 => "0", >= 10 => "0.0", _ => "0.00" }, CultureInfo.InvariantCulture);
}
