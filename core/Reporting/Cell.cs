using System.Globalization;
using System.Text.Json.Serialization;

namespace Iml4e.Reporting;

/// <summary>The content of a table's cell: a number, a text, or nothing. In JSON it is just that; a number that is not finite is nothing.</summary>
[JsonConverter(typeof(CellJsonConverter))]
public readonly record struct Cell
{
    private Cell(string? text, double? number) => (Text, Number) = (text, number);

    /// <summary>The text; null for a number or nothing.</summary>
    public string? Text { get; }

    /// <summary>The number; null for a text or nothing.</summary>
    public double? Number { get; }

    /// <summary>A cell with text.</summary>
    public static Cell Of(string? text) => new(text, null);

    /// <summary>A cell with a number.</summary>
    public static Cell Of(double? number) => new(null, number is { } n && double.IsFinite(n) ? n : null);

    /// <summary>A cell with text.</summary>
    public static implicit operator Cell(string? text) => Of(text);

    /// <summary>A cell with a number.</summary>
    public static implicit operator Cell(double number) => Of((double?)number);

    /// <summary>A cell with a number, or nothing.</summary>
    public static implicit operator Cell(double? number) => Of(number);

    /// <summary>A cell with a whole number.</summary>
    public static implicit operator Cell(int number) => Of((double?)number);

    /// <summary>A cell with a whole number.</summary>
    public static implicit operator Cell(long number) => Of((double?)number);

    /// <summary>As people read it: numbers in the format, or in up to four significant digits; a dash for nothing.</summary>
    public string Show(string? format = null) => Text ?? (Number is { } n ? NumberText.Show(n, format) : "–");
}
