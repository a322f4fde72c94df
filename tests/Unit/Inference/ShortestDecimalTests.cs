using System.Globalization;
using System.Text;
using Iml4e.Inference;

namespace Iml4e.Tests.Unit.Inference;

public sealed class ShortestDecimalTests
{
    [Fact]
    public void FloatsAreWrittenAsTheFrameworkWritesThem()
    {
        var random = new Random(1);
        var wrong = 0;
        foreach (var value in EdgesOfFloat())
            Equal(value);
        for (var i = 0; i < 200_000; i++)
            Equal(BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)));
        for (var i = 0; i < 100_000; i++)
            Equal((float)(random.Next(-1_000_000, 1_000_000) / Math.Pow(10, random.Next(0, 9))));
        Assert.InRange(wrong, 0, 100);

        void Equal(float value)
        {
            if (!float.IsFinite(value))
                return;
            Span<byte> text = stackalloc byte[ShortestDecimal.MostBytes];
            var written = Encoding.ASCII.GetString(text[..ShortestDecimal.Format(value, text)]);
            Assert.Equal(value, float.Parse(written, CultureInfo.InvariantCulture));
            // The framework's text of some powers of two is that of a neighbour.
            var expected = value.ToString("R", CultureInfo.InvariantCulture);
            if (float.Parse(expected, CultureInfo.InvariantCulture) == value)
                Assert.Equal(Digits(expected), Digits(written));
            else
                wrong++;
        }
    }

    [Fact]
    public void DoublesAreWrittenAsTheFrameworkWritesThem()
    {
        var random = new Random(2);
        var wrong = 0;
        foreach (var value in EdgesOfDouble())
            Equal(value);
        for (var i = 0; i < 200_000; i++)
            Equal(BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)));
        for (var i = 0; i < 100_000; i++)
            Equal(random.NextInt64(-1_000_000_000_000, 1_000_000_000_000) / Math.Pow(10, random.Next(0, 16)));
        Assert.InRange(wrong, 0, 1000);

        void Equal(double value)
        {
            if (!double.IsFinite(value))
                return;
            Span<byte> text = stackalloc byte[ShortestDecimal.MostBytes];
            var written = Encoding.ASCII.GetString(text[..ShortestDecimal.Format(value, text)]);
            Assert.Equal(value, double.Parse(written, CultureInfo.InvariantCulture));
            // The framework's text of some powers of two is that of a neighbour.
            var expected = value.ToString("R", CultureInfo.InvariantCulture);
            if (double.Parse(expected, CultureInfo.InvariantCulture) == value)
                Assert.Equal(Digits(expected), Digits(written));
            else
                wrong++;
        }
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void WhatIsNotFiniteHasNoDigits(double value)
    {
        Assert.Throws<ArgumentOutOfRangeException>(nameof(value), () => ShortestDecimal.Format(value, new byte[ShortestDecimal.MostBytes]));
        Assert.Throws<ArgumentOutOfRangeException>(nameof(value), () => ShortestDecimal.Format((float)value, new byte[ShortestDecimal.MostBytes]));
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1, "1")]
    [InlineData(-2.5, "-2.5")]
    [InlineData(0.001, "0.001")]
    [InlineData(0.00001, "1E-05")]
    [InlineData(1234567, "1234567")]
    [InlineData(123456.79, "123456.79")]
    [InlineData(1e20, "1E+20")]
    [InlineData(1.5e-30, "1.5E-30")]
    public void NumbersHaveTheUsualForm(double value, string expected)
    {
        Span<byte> text = stackalloc byte[ShortestDecimal.MostBytes];
        Assert.Equal(expected, Encoding.ASCII.GetString(text[..ShortestDecimal.Format(value, text)]));
        Assert.Equal(expected, Encoding.ASCII.GetString(text[..ShortestDecimal.Format((float)value, text)]));
    }

    // Digits without zeros around them, and the power of ten of the last: the same number may be written as 1E+07 or 10000000.
    private static (string Digits, int Exponent) Digits(string text)
    {
        var parts = text.Split('E');
        var point = parts[0].IndexOf('.', StringComparison.Ordinal);
        var exponent = (parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0) - (point < 0 ? 0 : parts[0].Length - point - 1);
        var digits = parts[0].Replace("-", "", StringComparison.Ordinal).Replace(".", "", StringComparison.Ordinal);
        var trimmed = digits.TrimEnd('0');
        return (trimmed.TrimStart('0'), trimmed.Length == 0 ? 0 : exponent + digits.Length - trimmed.Length);
    }

    // All powers of two (whose lower neighbour is closer), and their neighbours; all powers of ten.
    private static IEnumerable<float> EdgesOfFloat()
    {
        foreach (var value in new[] { 0f, -0f, float.Epsilon, float.MaxValue, float.MinValue, 16777216f, 33554432f, 9.5367434E-07f })
            yield return value;
        for (var exponent = -149; exponent < 128; exponent++)
        {
            var power = MathF.ScaleB(1, exponent);
            foreach (var value in new[] { power, MathF.BitIncrement(power), MathF.BitDecrement(power), -power })
                yield return value;
        }

        for (var exponent = -45; exponent < 39; exponent++)
        {
            var power = float.Parse(FormattableString.Invariant($"1E{exponent}"), CultureInfo.InvariantCulture);
            foreach (var value in new[] { power, MathF.BitIncrement(power), MathF.BitDecrement(power) })
                yield return value;
        }
    }

    private static IEnumerable<double> EdgesOfDouble()
    {
        foreach (var value in new[] { 0d, -0d, double.Epsilon, double.MaxValue, double.MinValue, 9007199254740992, 9007199254740993, 5e-324, 2.2250738585072014E-308 })
            yield return value;
        for (var exponent = -1074; exponent < 1024; exponent++)
        {
            var power = Math.ScaleB(1, exponent);
            foreach (var value in new[] { power, Math.BitIncrement(power), Math.BitDecrement(power), -power })
                yield return value;
        }

        for (var exponent = -324; exponent < 309; exponent++)
        {
            var power = double.Parse(FormattableString.Invariant($"1E{exponent}"), CultureInfo.InvariantCulture);
            foreach (var value in new[] { power, Math.BitIncrement(power), Math.BitDecrement(power) })
                yield return value;
        }
    }
}
