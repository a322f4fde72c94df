using System.Buffers.Text;

namespace Iml4e.Assessment.Pose.Json;

/// <summary>Reads numbers as JSON writes them. Short ones, which files of coordinates are full of, need no more than one product or quotient.</summary>
internal static class JsonNumber
{
    // Whole numbers up to here, and these powers of ten, are exact: so is what is made of them, but for the one rounding that there has to be.
    private const ulong MostExact = 1UL << 53;

    // One digit more cannot be beyond 64 bits.
    private const ulong MostBeforeDigit = (ulong.MaxValue - 9) / 10;

    // An exponent beyond it is the library's matter.
    private const int MostExponent = 10_000;

    private static ReadOnlySpan<double> Powers =>
        [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

    /// <summary>Reads the number at the start of a text.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="value">The nearest number that there is, infinite when there is none.</param>
    /// <param name="length">Bytes of it.</param>
    /// <returns>Whether there is one as JSON has it: without leading zeros, a point has digits on both sides.</returns>
    public static bool TryRead(ReadOnlySpan<byte> text, out double value, out int length)
    {
        (value, length) = (0, 0);
        var at = text.Length > 0 && text[0] == '-' ? 1 : 0;
        var first = at;
        ulong digits = 0;
        var isShort = true;
        Digits(text, ref at, ref digits, ref isShort);
        if (at == first || (at > first + 1 && text[first] == '0'))
            return false;
        var exponent = 0;
        if (at < text.Length && text[at] == '.')
        {
            var fraction = ++at;
            Digits(text, ref at, ref digits, ref isShort);
            if (at == fraction)
                return false;
            exponent = fraction - at;
        }

        if (at < text.Length && (text[at] | 0x20) == 'e' && !Exponent(text, ref at, ref exponent, ref isShort))
            return false;
        length = at;
        if (!isShort || digits > MostExact || exponent <= -Powers.Length || exponent >= Powers.Length)
            return Utf8Parser.TryParse(text[..length], out value, out var read) && read == length;
        value = exponent < 0 ? digits / Powers[-exponent] : digits * Powers[exponent];
        if (first > 0)
            value = -value;
        return true;
    }

    private static void Digits(ReadOnlySpan<byte> text, ref int at, ref ulong digits, ref bool isShort)
    {
        for (; at < text.Length; at++)
        {
            var digit = (uint)text[at] - '0';
            if (digit > 9)
                return;
            if (digits > MostBeforeDigit)
                isShort = false;
            else
                digits = (digits * 10) + digit;
        }
    }

    private static bool Exponent(ReadOnlySpan<byte> text, ref int at, ref int exponent, ref bool isShort)
    {
        at++;
        var negative = at < text.Length && text[at] == '-';
        if (negative || (at < text.Length && text[at] == '+'))
            at++;
        var first = at;
        var read = 0;
        for (; at < text.Length && text[at] is >= (byte)'0' and <= (byte)'9'; at++)
            read = Math.Min((read * 10) + text[at] - '0', MostExponent);
        isShort &= read < MostExponent;
        exponent += negative ? -read : read;
        return at > first;
    }
}
