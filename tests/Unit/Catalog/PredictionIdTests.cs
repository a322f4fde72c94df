using FsCheck;
using FsCheck.Fluent;
using Iml4e.Catalog;

namespace Iml4e.Tests.Unit.Catalog;

public sealed class PredictionIdTests
{
    [Fact]
    public void An_id_says_model_time_worker_and_sequence()
    {
        var at = new DateTimeOffset(2026, 1, 5, 8, 0, 0, 123, TimeSpan.Zero);
        var id = new PredictionId("hq-heating", at.ToUnixTimeMilliseconds(), 0xFF_FFFF_FFFF, 1);
        Assert.Equal("hq-heating.01KE6JQ33VZZZZZZZZ00000001", id.ToString());
        Assert.Equal(id, PredictionId.Parse(id.ToString()));
        Assert.Equal(id, PredictionId.Parse("hq-heating.01ke6jq33vzzzzzzzz00000001"));
        Assert.Equal(at, id.At);
        Assert.Equal("ZZZZZZZZ", id.WorkerText);
    }

    [Fact]
    public void Every_id_reads_back()
        => Prop.ForAll<uint, ulong, ulong>((time, worker, sequence) =>
        {
            var id = new PredictionId("m", time * 59_000L, worker & PredictionId.Mask40, sequence & PredictionId.Mask40);
            return PredictionId.TryParse(id.ToString(), out var back) && back == id && id.ToString().Length == 28;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("m.")]
    [InlineData(".01KE6KG9GVZZZZZZZZ00000001")]
    [InlineData("m.01KE6KG9GVZZZZZZZZ0000000")]
    [InlineData("m.01KE6KG9GVZZZZZZZZ000000011")]
    [InlineData("m.01KE6KG9GVZZZZZZZZ0000000U")]
    [InlineData("m.81KE6KG9GVZZZZZZZZ00000001")]
    [InlineData("m.7ZZZZZZZZZZZZZZZZZ00000001")]
    [InlineData("../m.01KE6KG9GVZZZZZZZZ00000001")]
    [InlineData("m/x.01KE6KG9GVZZZZZZZZ00000001")]
    [InlineData("M.01KE6KG9GVZZZZZZZZ00000001")]
    [InlineData("m.01KE6KG9GV\u0000ZZZZZZZ00000001")]
    public void What_is_no_id_is_refused(string? text)
    {
        Assert.False(PredictionId.TryParse(text, out _));
        Assert.Throws<FormatException>(() => PredictionId.Parse(text));
    }

    [Fact]
    public void A_very_long_text_is_refused() => Assert.False(PredictionId.TryParse(new string('0', 1_000_000), out _));

    [Fact]
    public void Ids_grow_and_never_repeat_although_threads_overtake_one_another()
    {
        var ids = new PredictionIds(7);
        var start = DateTimeOffset.UnixEpoch.AddYears(50);
        var all = new System.Collections.Concurrent.ConcurrentBag<string>();
        Parallel.For(0, 20_000, i => all.Add(ids.Next("m", start.AddMilliseconds(i % 7)).ToString()));
        Assert.Equal(20_000, all.Distinct().Count());
        var last = ids.Next("m", start).ToString();
        Assert.All(all, id => Assert.True(string.CompareOrdinal(id, last) < 0));
    }

    [Fact]
    public void A_clock_set_back_is_followed()
    {
        var ids = new PredictionIds(7);
        var now = DateTimeOffset.UnixEpoch.AddYears(50);
        ids.Next("m", now.AddDays(1));
        Assert.Equal(now, ids.Next("m", now).At);
    }
}
