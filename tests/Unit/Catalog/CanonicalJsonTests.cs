using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Iml4e.Catalog;

namespace Iml4e.Tests.Unit.Catalog;

public sealed class CanonicalJsonTests
{
    [Theory]
    [InlineData("""[56,{"d":true,"10":null,"1":[]}]""", "099601b171cafed97c333f8878d68e7f8c8f795412adb34b2fdcf0e7c7beac42")]
    [InlineData(
        """{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}""",
        "2d5e01a318d0f0879ab568c4be289c8b1f64ef8921a53c6277d5e069978baacb")]
    [InlineData(
        """{"1":{"f":{"f":"hi","F":5},"\n":56.0},"10":{},"":"empty","a":{},"111":[{"e":"yes","E":"no"}],"A":{}}""",
        "605f65004ec2db7692522a0852c22f1c989e036d547e88963d1a3143cf3195d5")]
    [InlineData(
        """
        {"\u20ac":"Euro Sign","\r":"Carriage Return","\n":"Newline","1":"One","\u0080":"Control\u007f","\ud83d\ude02":"Smiley",
        "\u00f6":"Latin Small Letter O With Diaeresis","\ufb33":"Hebrew Letter Dalet With Dagesh","</script>":"Browser Challenge"}
        """,
        "6af595a9aa80110b964b4de3f82a05fa6ae7423005019bacfa2620dddc4e94d1")]
    [InlineData("{}", "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")]
    public void Gives_the_bytes_of_the_reference_suite(string text, string sha256)
    {
        var canonical = CanonicalJson.Canonicalize(Encoding.UTF8.GetBytes(text));
        Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(canonical)));
        Assert.Equal(canonical, CanonicalJson.Serialize(JsonNode.Parse(text)));
        Assert.Equal(sha256, CanonicalJson.Hash(JsonNode.Parse(text)));
    }

    [Theory]
    [InlineData("8000000000000000", "0")]
    [InlineData("0000000000000001", "5e-324")]
    [InlineData("7fefffffffffffff", "1.7976931348623157e+308")]
    [InlineData("4340000000000000", "9007199254740992")]
    [InlineData("4430000000000000", "295147905179352830000")]
    [InlineData("44b52d02c7e14af5", "9.999999999999997e+22")]
    [InlineData("44b52d02c7e14af6", "1e+23")]
    [InlineData("444b1ae4d6e2ef4f", "999999999999999900000")]
    [InlineData("444b1ae4d6e2ef50", "1e+21")]
    [InlineData("3eb0c6f7a0b5ed8c", "9.999999999999997e-7")]
    [InlineData("3eb0c6f7a0b5ed8d", "0.000001")]
    [InlineData("becbf647612f3696", "-0.0000033333333333333333")]
    [InlineData("41b3de4355555555", "333333333.3333333")]
    [InlineData("43143ff3c1cb0959", "1424953923781206.2")]
    [InlineData("3ff0000000000000", "1")]
    [InlineData("c024000000000000", "-10")]
    [InlineData("3fb999999999999a", "0.1")]
    [InlineData("0010000000000000", "2.2250738585072014e-308")]
    public void Writes_numbers_as_ECMAScript_does(string bits, string text)
    {
        var value = BitConverter.UInt64BitsToDouble(ulong.Parse(bits, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        Assert.Equal(text, CanonicalJson.Number(value));
    }

    [Fact]
    public void Every_finite_double_reads_back_and_switches_to_exponents_where_ECMAScript_does()
    {
        var random = new Random(8785);
        for (var i = 0; i < 100_000; i++)
        {
            var value = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (!double.IsFinite(value) || value == 0)
                continue;
            var text = CanonicalJson.Number(value);
            Assert.Equal(value, double.Parse(text, CultureInfo.InvariantCulture));
            Assert.Equal(Math.Abs(value) is >= 1e21 or < 1e-6, text.Contains('e'));
            Assert.True(text.Count(char.IsAsciiDigit) <= 28, text);
        }
    }

    [Fact]
    public void Parsing_the_canonical_text_gives_the_value_back()
    {
        var json = JsonValues(4);
        Prop.ForAll(json.ToArbitrary(), text =>
        {
            var node = JsonNode.Parse(text);
            var canonical = CanonicalJson.Serialize(node);
            var back = JsonNode.Parse(canonical);
            return JsonNode.DeepEquals(Doubles(node), Doubles(back)) && CanonicalJson.Canonicalize(canonical).AsSpan().SequenceEqual(canonical);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""{"a":"\ud800"}""")]
    [InlineData("""{"\udc00":1}""")]
    [InlineData("[1e999]")]
    [InlineData("{")]
    [InlineData("1 2")]
    [InlineData("")]
    public void Refuses_what_has_no_canonical_form(string text)
        => Assert.Throws<FormatException>(() => CanonicalJson.Canonicalize(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Refuses_nodes_that_have_no_canonical_form()
    {
        Assert.Throws<FormatException>(() => CanonicalJson.Serialize(new JsonObject { ["a"] = "\ud800" }));
        Assert.Throws<FormatException>(() => CanonicalJson.Serialize(new JsonObject { ["\udc00"] = 1 }));
        Assert.Throws<FormatException>(() => CanonicalJson.Serialize(new JsonObject { ["a"] = double.NaN }));
        Assert.Throws<FormatException>(() => CanonicalJson.Number(double.PositiveInfinity));
        JsonNode deep = new JsonArray();
        for (var i = 0; i < 100; i++)
            deep = new JsonArray(deep);
        Assert.Throws<FormatException>(() => CanonicalJson.Serialize(deep));
        Assert.Equal("null"u8.ToArray(), CanonicalJson.Serialize((JsonNode?)null));
    }

    private static Gen<string> JsonValues(int depth)
    {
        var text = ArbMap.Default.GeneratorFor<NonNull<string>>().Select(s => s.Get).Where(IsWellFormed);
        var leaf = Gen.OneOf(
            ArbMap.Default.GeneratorFor<NormalFloat>().Select(f => JsonSerializer.Serialize(f.Get)),
            ArbMap.Default.GeneratorFor<int>().Select(i => i.ToString(CultureInfo.InvariantCulture)),
            text.Select(s => JsonSerializer.Serialize(s)),
            Gen.Elements("true", "false", "null"));
        if (depth == 0)
            return leaf;
        var inner = JsonValues(depth - 1);
        return Gen.OneOf(
            leaf,
            inner.ListOf().Select(items => $"[{string.Join(",", items.Take(5))}]"),
            text.Zip(inner).ListOf().Select(members =>
                $"{{{string.Join(",", members.DistinctBy(m => m.Item1).Take(5).Select(m => JsonSerializer.Serialize(m.Item1) + ":" + m.Item2))}}}"));
    }

    private static bool IsWellFormed(string text)
    {
        try
        {
            return new UTF8Encoding(false, true).GetByteCount(text) >= 0;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    /// <summary>The same value with every number as a double, so that 1 and 1.0 compare as the one number they are.</summary>
    private static JsonNode? Doubles(JsonNode? node) => node switch
    {
        JsonObject o => new JsonObject(o.Select(m => KeyValuePair.Create(m.Key, Doubles(m.Value)))),
        JsonArray a => new JsonArray([.. a.Select(Doubles)]),
        JsonValue v when v.GetValueKind() == JsonValueKind.Number => JsonValue.Create(double.Parse(v.ToJsonString(), CultureInfo.InvariantCulture) + 0.0),
        null => null,
        _ => node.DeepClone(),
    };
}
