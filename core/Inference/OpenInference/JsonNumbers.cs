using System.Globalization;

namespace Iml4e.Inference.OpenInference;

/// <summary>
/// Reads flat JSON arrays of numbers, known to be valid JSON, into real numbers, correctly rounded: those of up to 19 digits and small exponents by one
/// exact operation in double precision (Clinger's fast path), the others by the framework's parser.
/// </summary>
internal static class JsonNumbers
{
    private const ulong LargestExact = 1UL << 53;
    private const int MostDigits = 19;
    private const float LeastNormal = 1.17549435e-38f;

    private static readonly double[] Powers =
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>Fills the target; false when there is anything but as many numbers that are finite in single precision.</summary>
    public static bool TryFill(ReadOnlySpan<byte> json, Span<float> target)
    {
        var at = 0;
        for (var i = 0; i < target.Length; i++)
        {
            if (!TryToken(json, ref at, out var token, out var number, out var exact))
                return false;
            // A double rounds on to the right float unless it lies just between two of them, or among those of less precision.
            var middle = (BitConverter.DoubleToUInt64Bits(number) & 0x1FFF_FFFF) == 0x1000_0000;
            if (exact && !middle && (Math.Abs(number) >= LeastNormal || number == 0))
                target[i] = (float)number;
            else if (!float.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out target[i]))
                return false;
            if (!float.IsFinite(target[i]))
                return false;
        }

        return true;
    }

    /// <summary>Fills the target; false when there is anything but as many numbers that are finite in double precision.</summary>
    public static bool TryFill(ReadOnlySpan<byte> json, Span<double> target)
    {
        var at = 0;
        for (var i = 0; i < target.Length; i++)
        {
            if (!TryToken(json, ref at, out var token, out target[i], out var exact))
                return false;
            if (!exact && !double.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out target[i]))
                return false;
            if (!double.IsFinite(target[i]))
                return false;
        }

        return true;
    }

    /// <summary>The next number; its value where that is exact. False at a token that is no number.</summary>
    private static bool TryToken(ReadOnlySpan<byte> json, ref int at, out ReadOnlySpan<byte> token, out double number, out bool exact)
    {
        token = default;
        (number, exact) = (0, false);
        while (at < json.Length && json[at] is (byte)'[' or (byte)',' or (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
            at++;
        var start = at;
        var negative = at < json.Length && json[at] == '-';
        if (negative)
            at++;
        ulong mantissa = 0;
        int digits = 0, scale = 0;
        var seen = false;
        for (var fraction = false; at < json.Length; at++)
        {
            var c = json[at];
            if (c is >= (byte)'0' and <= (byte)'9')
            {
                seen = true;
                // Zeros before the first other digit do not count.
                if (mantissa != 0 || c != '0')
                    digits++;
                if (digits <= MostDigits)
                    mantissa = (10 * mantissa) + (uint)(c - '0');
                if (fraction)
                    scale--;
            }
            else if (c == '.' && !fraction)
            {
                fraction = true;
            }
            else
            {
                break;
            }
        }

        if (!seen)
            return false;
        if (at < json.Length && json[at] is (byte)'e' or (byte)'E')
            scale += ReadExponent(json, ref at);
        token = json[start..at];
        exact = digits <= MostDigits && mantissa <= LargestExact && Math.Abs(scale) < Powers.Length;
        if (!exact)
            return true;
        number = scale < 0 ? mantissa / Powers[-scale] : mantissa * Powers[scale];
        if (negative)
            number = -number;
        return true;
    }

    private static int ReadExponent(ReadOnlySpan<byte> json, ref int at)
    {
        const int Huge = 100_000;
        at++;
        var negative = json[at] == '-';
        if (json[at] is (byte)'-' or (byte)'+')
            at++;
        var exponent = 0;
        for (; at < json.Length && json[at] is >= (byte)'0' and <= (byte)'9'; at++)
            exponent = Math.Min(Huge, (10 * exponent) + json[at] - '0');
        return negative ? -exponent : exponent;
    }
}
