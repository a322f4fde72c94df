using System.Diagnostics;
using Iml4e.Assessment.Triggers;

namespace Iml4e.Tests.Unit.Assessment;

public sealed class PathGlobTests
{
    [Theory]
    [InlineData("pipelines/bldg/**", "pipelines/bldg/a.yaml", true)]
    [InlineData("pipelines/bldg/**", "pipelines/bldg/x/y/a.yaml", true)]
    [InlineData("pipelines/bldg/**", "pipelines/bldg", false)]
    [InlineData("pipelines/bldg/**", "pipelines/bldgs/a.yaml", false)]
    [InlineData("**/*.py", "a.py", true)]
    [InlineData("**/*.py", "x/y/a.py", true)]
    [InlineData("**/*.py", "x/y/a.pyc", false)]
    [InlineData("a/**/b", "a/b", true)]
    [InlineData("a/**/b", "a/x/y/b", true)]
    [InlineData("a/**/b", "a/xb", false)]
    [InlineData("*.py", "x/a.py", false)]
    [InlineData("src/?.py", "src/a.py", true)]
    [InlineData("src/?.py", "src/ab.py", false)]
    [InlineData("**", "anything/at/all", true)]
    [InlineData("a.b", "aXb", false)]
    [InlineData("A", "a", false)]
    public void Paths(string pattern, string path, bool fits) => Assert.Equal(fits, PathGlob.Matches(pattern, path));

    [Fact]
    public void No_pattern_takes_long()
    {
        var clock = Stopwatch.StartNew();
        Assert.False(PathGlob.Matches(string.Concat(Enumerable.Repeat("*a", 125)), new string('a', 4000) + "b"));
        Assert.False(PathGlob.Matches(string.Concat(Enumerable.Repeat("**/", 80)) + "x", string.Concat(Enumerable.Repeat("a/", 2000))));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a\\b")]
    [InlineData("a\0b")]
    public void What_is_no_pattern(string pattern) => Assert.False(PathGlob.IsValid(pattern));
}
