using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Iml4e.Assessment.Experiment;

namespace Iml4e.Tests.Unit.Assessment;

public sealed class UnitPathTests
{
    private const string Body = """
        {"id":"r-1","parameters":{"unit":"building-42","n":17.50,"big":12345678901234567890123,"yes":true,"nothing":null,"unit":"second","a b":"spaced","é":"kiinteistö-7"},
        "inputs":[{"name":"x","data":[1,[2,"deep"],{"k":"v"}]}]}
        """;

    [Theory]
    [InlineData("$.id", "r-1")]
    [InlineData("$.parameters.unit", "building-42")]
    [InlineData("$.parameters.n", "17.50")]
    [InlineData("$.parameters.big", "12345678901234567890123")]
    [InlineData("$.parameters.yes", "true")]
    [InlineData("$['parameters']['a b']", "spaced")]
    [InlineData("$.parameters.é", "kiinteistö-7")]
    [InlineData("$.inputs[0].data[0]", "1")]
    [InlineData("$.inputs[0].data[1][1]", "deep")]
    [InlineData("$.inputs[0].data[2].k", "v")]
    [InlineData("$.parameters.nothing", null)]
    [InlineData("$.parameters", null)]
    [InlineData("$.inputs", null)]
    [InlineData("$.inputs[1]", null)]
    [InlineData("$.inputs.x", null)]
    [InlineData("$.id.x", null)]
    [InlineData("$.parameters[0]", null)]
    [InlineData("$.absent", null)]
    public void A_scalar_is_found_as_it_is_written(string path, string? unit)
    {
        Assert.True(UnitPath.TryParse(path, out var parsed));
        Assert.Equal(unit, parsed.Find(Encoding.UTF8.GetBytes(Body)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("$")]
    [InlineData("unit")]
    [InlineData("$unit")]
    [InlineData("$.")]
    [InlineData("$..unit")]
    [InlineData("$.a.")]
    [InlineData("$.*")]
    [InlineData("$[]")]
    [InlineData("$[*]")]
    [InlineData("$[-1]")]
    [InlineData("$[1")]
    [InlineData("$[99999999999]")]
    [InlineData("$['']")]
    [InlineData("$['a'")]
    [InlineData("$.a b")]
    [InlineData("$.x[")]
    [InlineData("$.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a")]
    public void What_is_no_path_is_refused(string path)
    {
        Assert.False(UnitPath.TryParse(path, out _));
        Assert.Equal(["experiment.unitKey"], new ExperimentConfiguration { UnitKey = "json:" + path }.Validate().Select(e => e.Path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"unit\"")]
    [InlineData("{\"unit\":\"a")]
    [InlineData("{\"unit\":tru}")]
    [InlineData("{\"unit\":\"\\ud800\"}")]
    [InlineData("[\"unit\"]")]
    [InlineData("{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]],\"unit\":1}")]
    public void A_damaged_body_has_no_unit(string body)
    {
        Assert.True(UnitPath.TryParse("$.unit", out var path));
        Assert.Null(path.Find(Encoding.UTF8.GetBytes(body)));
    }

    [Fact]
    public void What_follows_the_unit_is_not_read_and_a_unit_too_long_is_none()
    {
        Assert.True(UnitPath.TryParse("$.unit", out var path));
        Assert.Equal("a", path.Find("{\"unit\":\"a\",,,"u8));
        Assert.Equal(UnitPath.LongestUnit, path.Find(Encoding.UTF8.GetBytes($$"""{"unit":"{{new string('a', UnitPath.LongestUnit)}}"}"""))!.Length);
        Assert.Null(path.Find(Encoding.UTF8.GetBytes($$"""{"unit":"{{new string('a', UnitPath.LongestUnit + 1)}}"}""")));
        Assert.Null(path.Find([.. "{\"unit\":\""u8, 0xFF, .. "\"}"u8]));
    }

    [Fact]
    public void Any_member_is_found_by_its_name_and_any_bytes_are_borne() => Prop.ForAll<NonNull<string>, string, byte[]>((name, value, bytes) =>
    {
        if (!UnitPath.TryParse($"$['{name.Get}']", out var path))
            return;
        _ = path.Find(bytes ?? []);
        var body = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string?> { ["other" + name.Get] = "no", [name.Get] = value });
        Assert.Equal((string?)JsonNode.Parse(body)![name.Get], path.Find(body));
    }).QuickCheckThrowOnFailure();
}
