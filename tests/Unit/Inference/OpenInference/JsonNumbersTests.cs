using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Iml4e.Inference;
using Iml4e.Inference.OpenInference;

namespace Iml4e.Tests.Unit.Inference.OpenInference;

public sealed class JsonNumbersTests
{
    private static readonly Gen<string> AnyNumber =
        from sign in Gen.Elements("", "-")
        from digits in Gen.Choose(1, 25).SelectMany(n => Gen.ArrayOf(Gen.Choose(0, 9), n))
        from point in Gen.Choose(0, digits.Length)
        from exponent in Gen.OneOf(Gen.Constant<int?>(null), Gen.Choose(-30, 30).Select(e => (int?)e), Gen.Choose(-400, 400).Select(e => (int?)e))
        from mark in Gen.Elements("e", "E", "e+")
        select Form(sign, string.Concat(digits), point, exponent, mark);

    [Fact]
    public void Every_number_is_read_as_the_framework_reads_it() =>
        Prop.ForAll(AnyNumber.ArrayOf(8).ToArbitrary(), texts => Agrees(texts)).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    [Theory]
    // Just between two floats, and a little to either side, written with few and with many digits.
    [InlineData("16777217")]
    [InlineData("16777219")]
    [InlineData("9007199791611904")]
    [InlineData("1.00000005960464477539062500")]
    [InlineData("1.00000005960464477539062501")]
    [InlineData("1.00000005960464477539062499")]
    [InlineData("1e-45")]
    [InlineData("7e-46")]
    [InlineData("1.17549428e-38")]
    [InlineData("3.4028235e38")]
    [InlineData("-0")]
    [InlineData("0e99999999999")]
    [InlineData("0.000000000000000000000000000000000000001")]
    [InlineData("1e-99999999999999999999")]
    [InlineData("9007199254740993")]
    [InlineData("1844674407370955161600e-19")]
    public void Hard_cases_are_rounded_correctly(string text) => Assert.True(Agrees([text]));

    [Theory]
    [InlineData("[1,null]")]
    [InlineData("[1,true]")]
    [InlineData("[1,\"2\"]")]
    [InlineData("[1,1e39]")]
    public void What_is_no_finite_number_is_left_to_the_caller(string json)
    {
        var target = new float[2];
        Assert.False(JsonNumbers.TryFill(Encoding.UTF8.GetBytes(json), target));
    }

    [Theory]
    [InlineData("[1.5,-2e1,0.25]", true)]
    [InlineData("[1.5, -2e1,0.25]", false)]
    [InlineData("[[1.5,-2e1,0.25]]", false)]
    [InlineData("[1.50000000000000000000000000,-2,0.25]", false)]
    public void A_tensor_keeps_the_text_that_it_came_as_when_a_log_may_copy_it(string data, bool kept)
    {
        var metadata = new ModelMetadata(
            ModelMetadata.OnnxPlatform, [new TensorMetadata("x", TensorDatatype.FP32, [-1, 3])], [], new Dictionary<string, string>());
        var json = $$"""{"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"data":{{data}}}]}""";
        var tensor = InferenceJson.Read(Encoding.UTF8.GetBytes(json), metadata).Inputs[0];
        Assert.Equal(1.5f, tensor.Span<float>()[0]);
        Assert.Equal(kept ? data : "", Encoding.UTF8.GetString(tensor.Json.Span));
        Assert.True(tensor.Copy().Json.IsEmpty && tensor.Reshape(3).Json.IsEmpty && tensor.Rows(0, 1).Json.IsEmpty);
    }

    private static bool Agrees(string[] texts)
    {
        var json = Encoding.UTF8.GetBytes("[" + string.Join(",", texts) + "]");
        var singles = texts.Select(t => float.Parse(t, CultureInfo.InvariantCulture)).ToArray();
        var doubles = texts.Select(t => double.Parse(t, CultureInfo.InvariantCulture)).ToArray();
        var (readSingles, readDoubles) = (new float[texts.Length], new double[texts.Length]);
        var (finiteSingles, finiteDoubles) = (singles.All(float.IsFinite), doubles.All(double.IsFinite));
        return JsonNumbers.TryFill(json, readSingles) == finiteSingles && JsonNumbers.TryFill(json, readDoubles) == finiteDoubles
            && (!finiteSingles || Bits(singles, BitConverter.SingleToInt32Bits).SequenceEqual(Bits(readSingles, BitConverter.SingleToInt32Bits)))
            && (!finiteDoubles || Bits(doubles, BitConverter.DoubleToInt64Bits).SequenceEqual(Bits(readDoubles, BitConverter.DoubleToInt64Bits)));
    }

    private static IEnumerable<TBits> Bits<T, TBits>(T[] values, Func<T, TBits> bits) => values.Select(bits);

    private static string Form(string sign, string digits, int point, int? exponent, string mark)
    {
        var whole = digits[..point].TrimStart('0') is { Length: > 0 } head ? head : "0";
        var fraction = digits[point..];
        var text = sign + whole + (fraction.Length > 0 ? "." + fraction : "");
        return exponent is null ? text : text + (exponent < 0 ? mark[..1] : mark) + exponent.Value.ToString(CultureInfo.InvariantCulture);
    }
}
