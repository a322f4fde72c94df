using Iml4e.Catalog;

namespace Iml4e.Tests.Integration.Catalog;

public sealed class DocumentMirrorTests
{
    [Fact]
    public async Task What_has_changed_is_read_and_nothing_else()
    {
        var (store, prefix) = await CatalogFixture.CreateAsync();
        await using var writer = CatalogFixture.Open(prefix);
        using var mirror = new DocumentMirror<Note>(store.Documents, "notes/");
        Assert.Empty(await mirror.RefreshAsync());
        foreach (var name in new[] { "notes/a.json", "notes/b.json", "notes/c.json", "others/a.json" })
            await writer.Documents.CreateAsync(name, new Note(name));
        var first = await mirror.RefreshAsync();
        Assert.Equal(["notes/a.json", "notes/b.json", "notes/c.json"], first.Keys.Order(StringComparer.Ordinal));

        await writer.Documents.UpdateAsync<Note>("notes/a.json", note => note! with { Text = "changed" });
        await writer.Documents.DeleteAsync("notes/b.json");
        await writer.Documents.CreateAsync("notes/d.json", new Note("new"));
        var second = await mirror.RefreshAsync();
        Assert.Equal(["changed", "notes/c.json", "new"], second.OrderBy(d => d.Key, StringComparer.Ordinal).Select(d => d.Value.Value.Text));
        Assert.Same(first["notes/c.json"], second["notes/c.json"]);
        Assert.All(await mirror.RefreshAsync(), document => Assert.Same(second[document.Key], document.Value));
        Assert.Equal(3, first.Count);
    }

    private sealed record Note(string Text);
}
