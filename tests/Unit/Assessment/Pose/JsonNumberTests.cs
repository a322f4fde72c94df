using System.Globalization;
using System.Text;
using Iml4e.Assessment.Pose.Json;

namespace Iml4e.Tests.Unit.Assessment.Pose;

/// <summary>Numbers are read to the bit as the library reads them, and refused where JSON has none such.</summary>
public sealed class JsonNumberTests
{
    private const int Decimals = 100_000;

    [Fact]
    public void Any_decimal_is_read_to_the_bit()
    {
        var random = new Random(5);
        for (var i = 0; i < Decimals; i++)
        {
            var text = Decimal(random);
            var expected = double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
            Assert.True(JsonNumber.TryRead(Encoding.UTF8.GetBytes(text + ","), out var value, out var length), text);
            Assert.True(length == text.Length && BitConverter.DoubleToInt64Bits(value) == BitConverter.DoubleToInt64Bits(expected), text);
        }
    }

    [Fact]
    public void Any_number_that_a_program_writes_comes_back()
    {
        var random = new Random(6);
        for (var i = 0; i < Decimals; i++)
        {
            var written = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (!double.IsFinite(written))
                continue;
            var text = written.ToString(i % 2 == 0 ? "R" : "G17", CultureInfo.InvariantCulture);
            Assert.True(JsonNumber.TryRead(Encoding.UTF8.GetBytes(text), out var value, out var length), text);
            Assert.True(length == text.Length && BitConverter.DoubleToInt64Bits(value) == BitConverter.DoubleToInt64Bits(written), text);
        }
    }

    [Theory]
    [InlineData("-0")]
    [InlineData("-0.0e5")]
    [InlineData("9007199254740992")]
    [InlineData("9007199254740993")]
    [InlineData("18446744073709551615")]
    [InlineData("18446744073709551616")]
    [InlineData("99999999999999999999")]
    [InlineData("1e22")]
    [InlineData("1e23")]
    [InlineData("9007199254740992e22")]
    [InlineData("123e-22")]
    [InlineData("123e-25")]
    [InlineData("4.9e-324")]
    [InlineData("2.4703282292062327e-324")]
    [InlineData("2.2250738585072011e-308")]
    [InlineData("1.7976931348623157e308")]
    [InlineData("1e999")]
    [InlineData("-1e999")]
    [InlineData("1e-999")]
    [InlineData("1e99999999999999999999")]
    [InlineData("1e-99999999999999999999")]
    [InlineData("0e99999999999999999999")]
    [InlineData("1E+5")]
    public void What_is_on_the_edge_is_read_to_the_bit(string text)
    {
        Assert.True(JsonNumber.TryRead(Encoding.UTF8.GetBytes(text), out var value, out var length));
        Assert.Equal(text.Length, length);
        Assert.Equal(
            BitConverter.DoubleToInt64Bits(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture)), BitConverter.DoubleToInt64Bits(value));
    }

    /// <summary>An exponent that takes back what a long fraction has put behind the point.</summary>
    [Theory]
    [InlineData(10_005, 10_006, 1)]
    [InlineData(20_000, 20_002, 10)]
    public void Neither_fraction_nor_exponent_is_too_long(int zeros, int exponent, double expected)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"0.{new string('0', zeros)}1e{exponent}");
        Assert.True(JsonNumber.TryRead(Encoding.UTF8.GetBytes(text), out var value, out var length));
        Assert.Equal((expected, text.Length), (value, length));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("+1")]
    [InlineData("01")]
    [InlineData("-01.5")]
    [InlineData("00")]
    [InlineData(".5")]
    [InlineData("-.5")]
    [InlineData("5.")]
    [InlineData("5.e1")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1e-x")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("\"1\"")]
    [InlineData(" 1")]
    public void What_is_no_number_is_refused(string text) => Assert.False(JsonNumber.TryRead(Encoding.UTF8.GetBytes(text), out _, out _));

    // Short ones as files of coordinates have them, long ones, and with exponents of all sizes.
    private static string Decimal(Random random)
    {
        var text = new StringBuilder(random.Next(4) == 0 ? "-" : "");
        Whole(random, text, random.Next(10) == 0 ? 30 : 5);
        if (random.Next(3) > 0)
        {
            text.Append('.');
            for (var i = random.Next(random.Next(10) == 0 ? 40 : 6); i >= 0; i--)
                text.Append((char)('0' + random.Next(10)));
        }

        if (random.Next(3) == 0)
        {
            var sign = random.Next(3) switch { 0 => "", 1 => "+", _ => "-" };
            text.Append(CultureInfo.InvariantCulture, $"{(random.Next(2) == 0 ? 'e' : 'E')}{sign}{random.Next(random.Next(3) == 0 ? 400 : 25)}");
        }

        return text.ToString();
    }

    private static void Whole(Random random, StringBuilder text, int most)
    {
        var digits = random.Next(most);
        text.Append((char)('0' + (digits == 0 ? 0 : random.Next(1, 10))));
        for (var i = 1; i < digits; i++)
            text.Append((char)('0' + random.Next(10)));
    }
}
