using System.Globalization;

namespace Iml4e.Functions.Pipelines;

/// <summary>Regular expressions of numbers up to a largest one, for schemas: a pattern is all that they have for a duration.</summary>
internal static class NumberPattern
{
    /// <summary>Decimal numbers from 0 to a whole one, also as <c>.5</c> or <c>5.</c>, with or without leading zeros.</summary>
    public static string AtMost(long largest) => $@"0*({Whole(largest - 1)})(\.\d*)?|\.\d+|0*{largest.ToString(CultureInfo.InvariantCulture)}(\.0*)?";

    /// <summary>Whole numbers from 0 to the largest, of as many digits as it has at most.</summary>
    public static string Whole(long largest)
    {
        var digits = largest.ToString(CultureInfo.InvariantCulture);
        var ways = new List<string> { digits };
        if (digits.Length > 1)
            ways.Add($@"\d{{1,{digits.Length - 1}}}");
        for (var i = 0; i < digits.Length; i++)
        {
            var rest = digits.Length - i - 1;
            if (digits[i] > '0')
                ways.Add($@"{digits[..i]}[0-{(char)(digits[i] - 1)}]{(rest > 0 ? $@"\d{{{rest}}}" : "")}");
        }

        return string.Join('|', ways);
    }
}
