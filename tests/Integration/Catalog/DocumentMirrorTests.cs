using Iml4e.Catalog;

namespace Iml4e.Tests.Integration.Catalog;

public sealed class DocumentMirrorTests
{
    [Fact]
    public async Task What_has_changed_is_read_and_nothing_else()
    {
        var (store, prefix) = await CatalogFixture.CreateAsync();
        await using var writer = CatalogFixture.Open(prefix);
        using var mirror = new DocumentMirror<Note>(store.Documents, "notes/", e => throw e);
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

    [Fact]
    public async Task A_damaged_document_is_told_once_and_keeps_nobody_from_the_others()
    {
        var (store, prefix) = await CatalogFixture.CreateAsync();
        await using var writer = CatalogFixture.Open(prefix);
        var told = new List<string>();
        using var mirror = new DocumentMirror<Note>(store.Documents, "notes/", e => told.Add(e.Document));
        foreach (var name in new[] { "notes/a.json", "notes/b.json" })
            await writer.Documents.CreateAsync(name, new Note(name));
        await writer.Documents.PutAsync("notes/b.json", new List<int> { 1 });
        for (var i = 0; i < 3; i++)
            Assert.Equal("notes/a.json", Assert.Single(await mirror.RefreshAsync()).Key);
        Assert.Equal(["notes/b.json"], told);
        Assert.Equal("notes/b.json", (await Assert.ThrowsAsync<DocumentDamagedException>(() => store.Documents.ReadAsync<Note>("notes/b.json"))).Document);

        await writer.Documents.PutAsync("notes/b.json", new Note("mended"));
        Assert.Equal("mended", (await mirror.RefreshAsync())["notes/b.json"].Value.Text);
    }

    private sealed record Note(string Text);
}
