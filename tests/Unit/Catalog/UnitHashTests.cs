using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Iml4e.Catalog;

namespace Iml4e.Tests.Unit.Catalog;

public sealed class UnitHashTests
{
    [Theory]
    [InlineData("building-42")]
    [InlineData("")]
    [InlineData("kiinteistö-7")]
    [InlineData(" not trimmed\t")]
    public void A_unit_is_kept_as_the_sha256_of_its_utf8_in_lower_case(string unit)
    {
        var expected = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(unit)));
        Assert.Equal(expected, UnitHash.Of(unit));
        Assert.Equal(expected, Encoding.ASCII.GetString(Written(unit)));
    }

    [Fact]
    public void A_long_unit_has_the_same_hash_as_a_short_one_would()
    {
        var unit = new string('å', 5000);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(unit))), UnitHash.Of(unit));
    }

    [Theory]
    [InlineData("building-17", "building")]
    [InlineData("user:5", "user")]
    [InlineData("house 7", "house")]
    [InlineData("zone_3/4.5", "zone")]
    [InlineData("kiinteistö-7", "kiinteistö")]
    [InlineData("4711", "")]
    [InlineData("alice", "")]
    [InlineData("alice1985", "")]
    [InlineData("alice@example.com", "")]
    [InlineData("alice-smith-1985", "")]
    [InlineData("alice-", "")]
    [InlineData("alice--", "")]
    [InlineData("", "")]
    public void Only_ids_of_type_and_number_say_their_type(string unit, string type) => Assert.Equal(type, UnitType.Of(unit).ToString());

    [Fact]
    public void Records_of_older_logs_are_read_with_the_hash_of_their_unit_and_never_written_with_it()
    {
        var read = JsonSerializer.Deserialize(Line("\"unit\":\"building-42\""), LogJson.Compact.PredictionRecord)!;
        Assert.Equal((null, UnitHash.Of("building-42"), "building"), (read.Unit, read.UnitHash, read.UnitType));
        Assert.DoesNotContain("building-42", JsonSerializer.Serialize(read, LogJson.Compact.PredictionRecord), StringComparison.Ordinal);
        Assert.Equal(read, JsonSerializer.Deserialize(JsonSerializer.Serialize(read, LogJson.Compact.PredictionRecord), LogJson.Compact.PredictionRecord));

        var slim = JsonSerializer.Deserialize(Line("\"unit\":\"building-42\""), LogJson.Slim)!;
        Assert.Equal((null, UnitHash.Of("building-42"), "building"), (slim.Unit, slim.UnitHash, slim.UnitType));

        const string Masked = "masked:0123456789abcdef0123456789abcdef";
        Assert.Equal(Masked, JsonSerializer.Deserialize(Line($"\"unit\":\"{Masked}\""), LogJson.Compact.PredictionRecord)!.UnitHash);
        Assert.Equal(UnitHash.Of("masked:me"), JsonSerializer.Deserialize(Line("\"unit\":\"masked:me\""), LogJson.Compact.PredictionRecord)!.UnitHash);

        const string Outcome = """
            {"predictionId":"m.1","predictedAt":"2026-01-05T08:00:00Z","observedAt":"2026-01-05T08:00:00Z","receivedAt":"2026-01-05T08:00:00Z","model":"m","version":"1",
            "variant":"control","unit":"building-42","loss":1}
            """;
        var outcome = JsonSerializer.Deserialize(Outcome, LogJson.Compact.OutcomeRecord)!;
        Assert.Equal(UnitHash.Of("building-42"), outcome.UnitHash);
        Assert.DoesNotContain("building-42", JsonSerializer.Serialize(outcome, LogJson.Compact.OutcomeRecord), StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_written_whole_has_the_hash_alone()
    {
        var record = JsonSerializer.Deserialize(Line("\"status\":\"ok\""), LogJson.Compact.PredictionRecord)! with { Unit = "building-42" };
        var line = JsonSerializer.Serialize(record, LogJson.Compact.PredictionRecord);
        Assert.DoesNotContain("building-42", line, StringComparison.Ordinal);
        Assert.Contains($"\"unitHash\":\"{UnitHash.Of("building-42")}\",\"unitType\":\"building\"", line, StringComparison.Ordinal);
    }

    private static byte[] Written(string unit)
    {
        var to = new byte[UnitHash.Length];
        UnitHash.Write(unit, to);
        return to;
    }

    private static string Line(string member) =>
        $$"""{"id":"m.01JGTEST00ABCDEFGH12345678","at":"2026-01-05T08:00:00Z","model":"m","version":"1","digest":"sha256:0","variant":"control",{{member}},"latencyMs":1}""";
}
