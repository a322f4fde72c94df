using Iml4e.LocalRuntime.Hosting.Blobs;

namespace Iml4e.Tests.Unit.LocalRuntime;

public sealed class BlobPathTests
{
    [Theory]
    [InlineData("inbox/{name}", "a/b.csv", "name=a/b.csv")]
    [InlineData("inbox/{name}.csv", "2026/a.csv", "name=2026/a")]
    [InlineData("inbox/{name}.csv", "a.txt", null)]
    [InlineData("inbox/{name}.csv", ".csv", null)]
    [InlineData("inbox/data/{set}/{file}.csv", "data/meter/2026.csv", "set=meter,file=2026")]
    [InlineData("inbox/data/{set}/{file}.csv", "other/meter/2026.csv", null)]
    [InlineData("inbox/exact.txt", "exact.txt", "")]
    [InlineData("inbox/exact.txt", "exactAtxt", null)]
    [InlineData("inbox/{{x}}{name}", "{x}y", "name=y")]
    [InlineData("inbox/{na me-1}.x", "q.x", "na me-1=q")]
    public void Patterns_match_and_take_the_names_values(string pattern, string blob, string? values)
    {
        var match = BlobPath.Parse(pattern, isPattern: true).Match(blob);
        Assert.Equal(values, match is null ? null : string.Join(',', match.Select(pair => $"{pair.Key}={pair.Value}")));
    }

    [Theory]
    [InlineData("inbox")]
    [InlineData("inbox/")]
    [InlineData("Inbox/{name}")]
    [InlineData("{container}/{name}")]
    [InlineData("in--box/{name}")]
    [InlineData("inbox/{name")]
    [InlineData("inbox/name}")]
    [InlineData("inbox/{}")]
    [InlineData("inbox/{a}{b}")]
    [InlineData("inbox/{a}/{A}")]
    public void Patterns_that_make_no_sense_are_refused(string pattern)
        => Assert.Throws<FormatException>(() => BlobPath.Parse(pattern, isPattern: true));

    [Fact]
    public void Templates_are_filled_with_values_of_the_trigger_and_the_clock()
    {
        var values = new Dictionary<string, object?> { ["name"] = "a/b", ["day"] = new DateOnly(2026, 3, 2) };
        var now = new DateTimeOffset(2026, 3, 2, 4, 5, 6, TimeSpan.Zero);
        Assert.Equal("x/a/b.json", BlobPath.Parse("out/x/{name}.json", isPattern: false).Fill(values, now));
        Assert.Equal("20260302", BlobPath.Parse("out/{day:yyyyMMdd}", isPattern: false).Fill(values, now));
        Assert.Equal("2026-03-02T04-05-06Z", BlobPath.Parse("out/{DateTime}", isPattern: false).Fill(values, now));
        Assert.Equal("2026/03", BlobPath.Parse("out/{datetime:yyyy/MM}", isPattern: false).Fill(values, now));
        Assert.True(Guid.TryParseExact(BlobPath.Parse("out/{rand-guid}", isPattern: false).Fill(values, now), "D", out _));
        Assert.Throws<InvalidOperationException>(() => BlobPath.Parse("out/{other}", isPattern: false).Fill(values, now));
    }

    [Fact]
    public void A_hostile_name_cannot_make_a_match_take_long()
        => Assert.Null(BlobPath.Parse("inbox/{a}x{b}x{c}x{d}y", isPattern: true).Match(new string('x', 1024)));
}
