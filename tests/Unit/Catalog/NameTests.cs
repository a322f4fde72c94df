using Iml4e.Catalog;

namespace Iml4e.Tests.Unit.Catalog;

public sealed class NameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("hq-heating_2")]
    [InlineData("0")]
    public void Good_names_pass(string name) => Assert.Equal(name, ResourceName.Check(name));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("A")]
    [InlineData("a.b")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("ä")]
    [InlineData("a\n")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public void Bad_names_are_refused_in_clear_words(string? name)
    {
        var error = Assert.Throws<CatalogArgumentException>(() => ResourceName.Check(name, "model"));
        Assert.StartsWith("model: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void The_longest_name_has_63_characters() => Assert.True(ResourceName.IsValid(new string('a', 63)));

    [Theory]
    [InlineData("pipelines/hq.json", true)]
    [InlineData("a/b@1/c=2", true)]
    [InlineData("", false)]
    [InlineData("/a", false)]
    [InlineData("a/", false)]
    [InlineData("a//b", false)]
    [InlineData("a/../b", false)]
    [InlineData("a/.b", false)]
    [InlineData("a\\b", false)]
    [InlineData("a%2f", false)]
    [InlineData("a?b", false)]
    [InlineData("ä", false)]
    public void Paths_of_documents_are_checked(string path, bool valid) => Assert.Equal(valid, DocumentStore.IsValidPath(path));

    [Theory]
    [InlineData("""{"from":"yesterday"}""")]
    [InlineData("""{"blobs":{"../../x":1}}""")]
    [InlineData("""{"blobs":{"2026-01-01/a.ndjson":-1}}""")]
    [InlineData("""{"more":1}""")]
    [InlineData("""{"blobs":null}""")]
    [InlineData("[]")]
    [InlineData("nonsense")]
    public void What_is_no_cursor_is_refused(string text) => Assert.Throws<FormatException>(() => LogCursor.Parse(text));

    [Fact]
    public void Digests_have_one_form()
    {
        Assert.Equal("sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", Digest.Of("hello"u8));
        Assert.True(Digest.IsValid(Digest.Of("hello"u8)));
        Assert.False(Digest.IsValid(Digest.Of("hello"u8).ToUpperInvariant()));
        Assert.False(Digest.IsValid("sha256:2cf2"));
        Assert.Throws<CatalogArgumentException>(() => Digest.Check("sha256:../../../../../../../../../../../../../../../../../../../../../../x"));
    }
}
