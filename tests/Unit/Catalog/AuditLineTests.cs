using System.Text;
using System.Text.Json.Nodes;
using Iml4e.Catalog;

namespace Iml4e.Tests.Unit.Catalog;

public sealed class AuditLineTests
{
    [Fact]
    public void The_known_entries_have_the_known_hashes()
    {
        var first = AuditLine.Compose(
            1, new DateTimeOffset(2026, 1, 5, 8, 0, 0, TimeSpan.Zero), "timer", "ExperimentStarted", null, new JsonObject { ["experimentId"] = "exp-1" });
        Assert.Equal(
            """{"actor":"timer","at":"2026-01-05T08:00:00Z","event":"ExperimentStarted","experimentId":"exp-1","seq":1}""",
            Encoding.UTF8.GetString(CanonicalJson.Serialize(first)));
        var (line, hash) = AuditLine.Seal(AuditLine.Zero, first);
        Assert.Equal("0874a0c11b45b2c1fecf50cd6882d9075c34823018bae9ed5bfdc9951b5f9c9e", hash);
        Assert.Null(AuditLine.Verify(line, 1, AuditLine.Zero, out _));
        var fields = new JsonObject { ["experimentId"] = "exp-1", ["to"] = 25 };
        var second = AuditLine.Compose(2, new DateTimeOffset(2026, 1, 5, 9, 0, 0, TimeSpan.Zero), "evaluator", "StageAdvanced", null, fields);
        Assert.Equal("f82af5e66fd51323f96f879015049d668f1e9c52eedf7765c5dd798c727a8c20", AuditLine.Seal(hash, second).Hash);
    }

    [Fact]
    public void Every_changed_byte_of_a_line_is_found()
    {
        var entry = AuditLine.Compose(3, DateTimeOffset.UnixEpoch, "a", "Look", "k", new JsonObject { ["n"] = 0.25, ["name"] = "Nälli" });
        var (line, _) = AuditLine.Seal(AuditLine.Zero, entry);
        Assert.Null(AuditLine.Verify(line, 3, AuditLine.Zero, out _));
        for (var i = 0; i < line.Length; i++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var changed = (byte[])line.Clone();
                changed[i] ^= (byte)(1 << bit);
                Assert.NotNull(AuditLine.Verify(changed, 3, AuditLine.Zero, out _));
            }
        }
    }

    [Fact]
    public void The_logs_own_members_cannot_be_given()
        => Assert.All(
            ["seq", "at", "actor", "event", "key", "hash"],
            name => Assert.Throws<CatalogArgumentException>(() => AuditLine.CheckFields(new JsonObject { [name] = 1 })));
}
