using System.Globalization;

namespace Iml4e.Reporting;

/// <summary>Numbers as people read them, culture-invariant.</summary>
internal static class NumberText
{
    /// <summary>In the format given (an unusable one is passed over), or whole numbers with thin groups and others in four significant digits.</summary>
    public static string Show(double value, string? format = null)
    {
        if (format is { Length: > 0 and <= 32 })
        {
            try
            {
                // The invariant culture writes "12.3 %" with a space; tables read better without.
                return Minus(value.ToString(format, CultureInfo.InvariantCulture).Replace(" %", "%", StringComparison.Ordinal));
            }
            catch (FormatException)
            {
                // A format from a document that .NET does not know must not cost the report.
            }
        }
        return Significant(value, 4);
    }

    /// <summary>Whole numbers below 10¹⁵ in full, others in so many significant digits without an exponent where that stays short.</summary>
    public static string Significant(double value, int digits)
    {
        if (value == Math.Floor(value) && Math.Abs(value) < 1e15)
            return Minus(value.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '\u202F'));
        var size = Math.Abs(value);
        if (size is < 1e-4 or >= 1e15)
            return Minus(value.ToString("0." + new string('#', digits - 1) + "e+0", CultureInfo.InvariantCulture));
        var decimals = Math.Clamp(digits - 1 - (int)Math.Floor(Math.Log10(size)), 0, 12);
        return Minus(value.ToString("#,0." + new string('#', decimals), CultureInfo.InvariantCulture).Replace(',', '\u202F'));
    }

    private static string Minus(string text) => text.StartsWith('-') ? "−" + text[1..] : text;
}
