using Iml4e.Catalog;

namespace Iml4e.Tests.Integration.Catalog;

public sealed class DocumentStoreTests
{
    [Fact]
    public async Task A_document_is_created_once_replaced_by_version_and_deleted()
    {
        var (store, _) = await CatalogFixture.CreateAsync();
        var documents = store.Documents;
        Assert.Null(await documents.ReadAsync<Count>("a/b.json"));
        var created = await documents.CreateAsync("a/b.json", new Count(1));
        await Assert.ThrowsAsync<CatalogConflictException>(() => documents.CreateAsync("a/b.json", new Count(2)));
        var replaced = await documents.ReplaceAsync(created with { Value = new Count(3) });
        await Assert.ThrowsAsync<CatalogConflictException>(() => documents.ReplaceAsync(created with { Value = new Count(4) }));
        Assert.Equal(replaced, await documents.ReadAsync<Count>("a/b.json"));
        Assert.Equal(3, (await documents.GetOrCreateAsync("a/b.json", new Count(9))).Value.Value);
        await Assert.ThrowsAsync<CatalogConflictException>(() => documents.DeleteAsync(created));
        await documents.DeleteAsync(replaced);
        Assert.Null(await documents.ReadAsync<Count>("a/b.json"));
        Assert.False(await documents.DeleteAsync("a/b.json"));
        await Assert.ThrowsAsync<CatalogArgumentException>(() => documents.ReadAsync<Count>("../x"));
    }

    [Fact]
    public async Task Updates_of_many_writers_all_count_although_answers_are_lost()
    {
        var faults = new LostAnswers(0.05, 2);
        var (store, prefix) = await CatalogFixture.CreateAsync(faults: faults);
        var other = CatalogFixture.Open(prefix, faults: faults);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async writer =>
        {
            for (var i = 0; i < 20; i++)
                await (writer % 2 == 0 ? store : other).Documents.UpdateAsync<Count>("count", there => new Count((there?.Value ?? 0) + 1));
        }));
        Assert.Equal(160, (await store.Documents.ReadAsync<Count>("count"))!.Value.Value);
        Assert.True(faults.Lost > 0);
        Assert.Null(await store.Documents.UpdateAsync<Count>("count", _ => null));
        Assert.Null(await store.Documents.ReadAsync<Count>("count"));
    }

    [Fact]
    public async Task An_equal_value_writes_nothing()
    {
        var (store, _) = await CatalogFixture.CreateAsync();
        var before = await store.Documents.PutAsync("x", new Count(1));
        var after = await store.Documents.UpdateAsync<Count>("x", _ => new Count(1));
        Assert.Equal(before.ETag, after!.ETag);
    }

    [Fact]
    public async Task Documents_are_listed_by_prefix_in_pages()
    {
        var (store, _) = await CatalogFixture.CreateAsync();
        await Task.WhenAll(Enumerable.Range(0, 25).Select(i => store.Documents.PutAsync($"p/{i:D3}", new Count(i))));
        await store.Documents.PutAsync("q/1", new Count(1));
        var paths = new List<string>();
        string? next = null;
        do
        {
            var page = await store.Documents.ListPageAsync("p/", 10, next);
            Assert.True(page.Entries.Count <= 10);
            paths.AddRange(page.Entries.Select(e => e.Path));
            next = page.Next;
        }
        while (next is not null);
        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"p/{i:D3}"), paths);
        var values = new List<int>();
        await foreach (var document in store.Documents.ReadAllAsync<Count>("p/"))
            values.Add(document.Value.Value);
        Assert.Equal(Enumerable.Range(0, 25), values);
        await Assert.ThrowsAsync<CatalogArgumentException>(() => store.Documents.ListPageAsync("p/", 10, "not a token"));
    }

    private sealed record Count(int Value);
}
