using System.Globalization;
using System.Numerics;

namespace Iml4e.Inference;

/// <summary>
/// The shortest decimal text that reads back as the same real number, closest to it among those, in the form of the framework's
/// round-trip format (which for some powers of two gives a text that reads back as a neighbour; this does not).
/// Source: R. Giulietti, "The Schubfach way to render doubles".
/// </summary>
public static class ShortestDecimal
{
    /// <summary>Bytes that any text fits into.</summary>
    public const int MostBytes = 32;

    private const int FloatExponents = 45;
    private const int DoubleExponents = 324;
    private const int LeastFloatExponent = -31;
    private const int LeastDoubleExponent = -292;

    // Powers of ten by their leading 64 and 128 bits, rounded up.
    private static readonly ulong[] FloatPowers =
        [.. Enumerable.Range(LeastFloatExponent, FloatExponents - LeastFloatExponent + 1).Select(k => (ulong)LeadingBits(k, 64))];

    private static readonly UInt128[] DoublePowers =
        [.. Enumerable.Range(LeastDoubleExponent, DoubleExponents - LeastDoubleExponent + 1).Select(k => LeadingBits(k, 128))];

    /// <summary>Writes a number.</summary>
    /// <param name="value">Finite.</param>
    /// <param name="utf8">Where to, <see cref="MostBytes"/> at least.</param>
    /// <returns>Bytes written.</returns>
    public static int Format(float value, Span<byte> utf8)
    {
        const int MantissaBits = 23, Bias = 150, PlainDigits = 7;
        var bits = BitConverter.SingleToUInt32Bits(value);
        var sign = WriteSign(bits >> 31 != 0, utf8);
        var mantissa = bits & ((1u << MantissaBits) - 1);
        var exponent = (int)(bits >> MantissaBits) & 0xFF;
        if (exponent == 0xFF)
            throw NotFinite(nameof(value));
        if (exponent == 0 && mantissa == 0)
            return WriteZero(utf8, sign);
        var c = exponent == 0 ? mantissa : mantissa | (1u << MantissaBits);
        var q = (exponent == 0 ? 1 : exponent) - Bias;
        if (q is <= 0 and > -MantissaBits - 1 && (c & ((1u << -q) - 1)) == 0)
            return sign + WriteDigits(c >> -q, 0, PlainDigits, utf8[sign..]);

        var lowerIsCloser = mantissa == 0 && exponent > 1;
        var k = FloorLog10(q, lowerIsCloser);
        var h = q + FloorLog2OfPower(-k) + 1;
        var power = FloatPowers[-k - LeastFloatExponent];
        var c4 = 4u * c;
        var lower = RoundToOdd(power, (c4 - 2 + (lowerIsCloser ? 1u : 0)) << h);
        var middle = RoundToOdd(power, c4 << h);
        var upper = RoundToOdd(power, (c4 + 2) << h);
        return sign + WriteDigits(Choose(c, lower, middle, upper, ref k), k, PlainDigits, utf8[sign..]);
    }

    /// <summary>Writes a number.</summary>
    /// <param name="value">Finite.</param>
    /// <param name="utf8">Where to, <see cref="MostBytes"/> at least.</param>
    /// <returns>Bytes written.</returns>
    public static int Format(double value, Span<byte> utf8)
    {
        const int MantissaBits = 52, Bias = 1075, PlainDigits = 15;
        var bits = BitConverter.DoubleToUInt64Bits(value);
        var sign = WriteSign(bits >> 63 != 0, utf8);
        var mantissa = bits & ((1UL << MantissaBits) - 1);
        var exponent = (int)(bits >> MantissaBits) & 0x7FF;
        if (exponent == 0x7FF)
            throw NotFinite(nameof(value));
        if (exponent == 0 && mantissa == 0)
            return WriteZero(utf8, sign);
        var c = exponent == 0 ? mantissa : mantissa | (1UL << MantissaBits);
        var q = (exponent == 0 ? 1 : exponent) - Bias;
        if (q is <= 0 and > -MantissaBits - 1 && (c & ((1UL << -q) - 1)) == 0)
            return sign + WriteDigits(c >> -q, 0, PlainDigits, utf8[sign..]);

        var lowerIsCloser = mantissa == 0 && exponent > 1;
        var k = FloorLog10(q, lowerIsCloser);
        var h = q + FloorLog2OfPower(-k) + 1;
        var power = DoublePowers[-k - LeastDoubleExponent];
        var c4 = 4UL * c;
        var lower = RoundToOdd(power, (c4 - 2 + (lowerIsCloser ? 1UL : 0)) << h);
        var middle = RoundToOdd(power, c4 << h);
        var upper = RoundToOdd(power, (c4 + 2) << h);
        return sign + WriteDigits(Choose(c, lower, middle, upper, ref k), k, PlainDigits, utf8[sign..]);
    }

    /// <summary>Of the decimals within the rounding interval (all four-fold, in units of 10^k) the one with fewest digits, then the closest.</summary>
    private static ulong Choose(ulong c, ulong lower, ulong middle, ulong upper, ref int k)
    {
        // The interval's ends belong to it when the mantissa is even, as ties read back to even ones.
        var odd = c & 1;
        lower += odd;
        upper -= odd;
        var floor = middle / 4;
        if (floor >= 10)
        {
            var tens = floor / 10;
            var downFits = lower <= 40 * tens;
            var upFits = (40 * tens) + 40 <= upper;
            if (downFits != upFits)
            {
                k++;
                return tens + (upFits ? 1UL : 0);
            }
        }

        var floorFits = lower <= 4 * floor;
        var ceilingFits = (4 * floor) + 4 <= upper;
        if (floorFits != ceilingFits)
            return floor + (ceilingFits ? 1UL : 0);
        var half = (4 * floor) + 2;
        return floor + (middle > half || (middle == half && (floor & 1) != 0) ? 1UL : 0);
    }

    private static int WriteDigits(ulong digits, int exponent, int plainDigits, Span<byte> utf8)
    {
        while (true)
        {
            var (tens, last) = Math.DivRem(digits, 10);
            if (last != 0)
                break;
            digits = tens;
            exponent++;
        }

        Span<byte> text = stackalloc byte[20];
        digits.TryFormat(text, out var count, default, CultureInfo.InvariantCulture);
        text = text[..count];
        var scale = count + exponent;
        if (scale > Math.Max(count, plainDigits) || scale < -3)
            return WriteScientific(text, scale - 1, utf8);
        if (scale <= 0)
        {
            "0."u8.CopyTo(utf8);
            utf8.Slice(2, -scale).Fill((byte)'0');
            text.CopyTo(utf8[(2 - scale)..]);
            return 2 - scale + count;
        }

        if (scale >= count)
        {
            text.CopyTo(utf8);
            utf8[count..scale].Fill((byte)'0');
            return scale;
        }

        text[..scale].CopyTo(utf8);
        utf8[scale] = (byte)'.';
        text[scale..].CopyTo(utf8[(scale + 1)..]);
        return count + 1;
    }

    private static int WriteScientific(ReadOnlySpan<byte> digits, int exponent, Span<byte> utf8)
    {
        utf8[0] = digits[0];
        var at = 1;
        if (digits.Length > 1)
        {
            utf8[at++] = (byte)'.';
            digits[1..].CopyTo(utf8[at..]);
            at += digits.Length - 1;
        }

        utf8[at++] = (byte)'E';
        utf8[at++] = exponent < 0 ? (byte)'-' : (byte)'+';
        Math.Abs(exponent).TryFormat(utf8[at..], out var count, "00", CultureInfo.InvariantCulture);
        return at + count;
    }

    private static int WriteSign(bool negative, Span<byte> utf8)
    {
        if (negative)
            utf8[0] = (byte)'-';
        return negative ? 1 : 0;
    }

    private static int WriteZero(Span<byte> utf8, int sign)
    {
        utf8[sign] = (byte)'0';
        return sign + 1;
    }

    /// <summary>floor(log10(2^q)), or of three quarters of that where the lower neighbour is closer; exact for all exponents of doubles (source, section 9).</summary>
    private static int FloorLog10(int q, bool lowerIsCloser) => ((q * 1262611) - (lowerIsCloser ? 524031 : 0)) >> 22;

    /// <summary>floor(log2(10^k)), exact for |k| up to 1233.</summary>
    private static int FloorLog2OfPower(int k) => (k * 1741647) >> 19;

    private static ulong RoundToOdd(ulong power, uint scaled)
    {
        var high = Math.BigMul(power, scaled, out var low);
        return high | ((uint)(low >> 32) > 1 ? 1UL : 0);
    }

    private static ulong RoundToOdd(UInt128 power, ulong scaled)
    {
        var carry = Math.BigMul((ulong)power, scaled, out _);
        var high = Math.BigMul((ulong)(power >> 64), scaled, out var low);
        low += carry;
        high += low < carry ? 1UL : 0;
        return high | (low > 1 ? 1UL : 0);
    }

    private static UInt128 LeadingBits(int k, int bits)
    {
        var shift = bits - 1 - FloorLog2OfPower(k);
        if (k < 0)
        {
            var (quotient, remainder) = BigInteger.DivRem(BigInteger.One << shift, BigInteger.Pow(10, -k));
            return (UInt128)(remainder.IsZero ? quotient : quotient + 1);
        }

        var power = BigInteger.Pow(10, k);
        if (shift >= 0)
            return (UInt128)(power << shift);
        var cut = power >> -shift;
        return (UInt128)(cut << -shift == power ? cut : cut + 1);
    }

    private static ArgumentOutOfRangeException NotFinite(string parameter) => new(parameter, "Only finite numbers have digits.");
}
