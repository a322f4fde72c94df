using Iml4e.Catalog;
using Iml4e.Inference;

namespace Iml4e.Tests.Integration.Catalog;

public sealed class RegistryTests
{
    private static readonly string SomeDigest = Digest.Of("model"u8);

    [Fact]
    public async Task One_key_from_sixteen_tasks_in_four_processes_makes_one_version()
    {
        var faults = new LostAnswers(0.05, 3);
        var (store, prefix) = await CreateAsync(faults);
        CatalogStore[] processes = [store, .. Enumerable.Range(0, 3).Select(_ => CatalogFixture.Open(prefix, faults: faults))];
        var versions = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => processes[i % 4].Models.RegisterAsync(Registration("one", $"run-{i}"))));
        Assert.Single(versions.Select(v => (v.Version, v.RunId)).Distinct());
        Assert.Equal("1", versions[0].Version);
        var others = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => processes[i % 4].Models.RegisterAsync(Registration($"key {i}", "r"))));
        Assert.Equal(Enumerable.Range(2, 16).Select(n => $"{n}"), others.Select(v => v.Version).OrderBy(v => int.Parse(v, null)));
        var model = (await store.Models.GetAsync("m"))!;
        Assert.Equal(17, model.Versions.Count);
        Assert.Equal("regression", model.Task);
    }

    [Fact]
    public async Task Details_are_kept_as_they_were_given()
    {
        var (store, _) = await CreateAsync();
        Assert.Null(await store.Models.GetAsync("m"));
        var registered = await store.Models.RegisterAsync(Registration("k", "run-1"));
        var version = (await store.Models.GetVersionAsync("m", "1"))!;
        Assert.Equal(registered.CreatedAt, version.CreatedAt);
        Assert.Equal(TensorDatatype.FP32, version.Inputs[0].Datatype);
        Assert.Equal([-1, 1], version.Inputs[0].Shape);
        Assert.Equal(0.5, version.Metrics["mae"]);
        Assert.Equal("granlund", (await store.Models.GetAsync("m"))!.Tags["customer"]);
        Assert.Null(await store.Models.GetVersionAsync("m", "2"));
        Assert.Single(await store.Models.ListAsync());
        await Assert.ThrowsAsync<CatalogArgumentException>(() => store.Models.GetAsync("../m"));
        await Assert.ThrowsAsync<CatalogArgumentException>(() => store.Models.RegisterAsync(Registration("k", "r") with { Digest = "x" }));
        await Assert.ThrowsAsync<CatalogNotFoundException>(() => store.Models.RegisterAsync(Registration("k2", "r") with { Digest = Digest.Of("nothing"u8) }));
    }

    [Fact]
    public async Task Of_racing_moves_of_an_alias_one_wins_and_history_keeps_all()
    {
        var faults = new LostAnswers(0.05, 4);
        var (store, prefix) = await CreateAsync(faults);
        for (var i = 1; i <= 8; i++)
            await store.Models.RegisterAsync(Registration($"k{i}", "r"));
        var first = await store.Models.MoveAliasAsync("m", "champion", "1", null, "me", "first");
        Assert.True(first.Changed);
        var other = CatalogFixture.Open(prefix, faults: faults);
        var results = await Task.WhenAll(Enumerable.Range(2, 7).Select(async v =>
        {
            try
            {
                return (await (v % 2 == 0 ? store : other).Models.MoveAliasAsync("m", "champion", $"{v}", "1", "me", "race")).To;
            }
            catch (AliasConflictException e)
            {
                Assert.Equal("1", e.Expected);
                return null;
            }
        }));
        var winner = Assert.Single(results.OfType<string>());
        Assert.Equal(winner, (await store.Models.GetAsync("m"))!.Alias("champion"));
        Assert.False((await store.Models.MoveAliasAsync("m", "champion", winner, "1", "me", "again")).Changed);
        await Assert.ThrowsAsync<CatalogNotFoundException>(() => store.Models.MoveAliasAsync("m", "champion", "99", winner, "me", "none"));
        await Assert.ThrowsAsync<CatalogNotFoundException>(() => store.Models.MoveAliasAsync("nobody", "champion", "1", null, "me", "none"));
        Assert.Equal([(null, "1"), ("1", winner)], (await store.Models.AliasHistoryAsync("m")).Select(c => (c.From, c.To)));
    }

    [Fact]
    public async Task A_promotion_moves_two_aliases_at_once_and_long_histories_are_archived()
    {
        var (store, _) = await CreateAsync();
        await store.Models.RegisterAsync(Registration("a", "r"));
        await store.Models.RegisterAsync(Registration("b", "r"));
        await store.Models.MoveAliasAsync("m", "champion", "1", null, "me", "first");
        for (var i = 0; i < 100; i++)
        {
            var (from, to) = i % 2 == 0 ? ("1", "2") : ("2", "1");
            AliasMove[] moves = [new("champion", to, from), new("previous", from, ModelRegistry.AnyVersion)];
            Assert.All(await store.Models.MoveAliasesAsync("m", moves, "me", "promotion"), c => Assert.True(c.Changed));
            Assert.All(await store.Models.MoveAliasesAsync("m", moves, "me", "promotion"), c => Assert.False(c.Changed));
        }

        Assert.Equal(Enumerable.Range(1, 201).Select(i => (long)i), (await store.Models.AliasHistoryAsync("m")).Select(c => c.Sequence));
        await Assert.ThrowsAsync<AliasConflictException>(
            () => store.Models.MoveAliasesAsync("m", [new("previous", null, "2"), new("champion", "2", "2")], "me", "half wrong"));
        Assert.Equal("2", (await store.Models.GetAsync("m"))!.Alias("previous"));
    }

    [Fact]
    public async Task Appended_parts_of_racing_writers_are_all_there_once()
    {
        var faults = new LostAnswers(0.05, 5);
        var (store, prefix) = await CreateAsync(faults);
        var other = CatalogFixture.Open(prefix, faults: faults);
        await store.Datasets.AddVersionAsync("d", [Part(0)], DatasetMode.Replace, "start");
        await Task.WhenAll(
            Enumerable.Range(1, 20).SelectMany(
                i => new[] { store, other }.Select(s => s.Datasets.AddVersionAsync("d", [Part(i)], DatasetMode.Append, $"k{i}"))));
        var dataset = (await store.Datasets.GetAsync("d"))!;
        Assert.Equal(21, dataset.Versions.Count);
        var newest = (await other.Datasets.GetVersionAsync("d"))!;
        Assert.Equal("21", newest.Version);
        Assert.Equal(Enumerable.Range(0, 21).Select(i => $"{i}.csv").Order(), newest.Parts.Select(p => p.Name).Order());
        Assert.Equal(21 * 10, newest.Rows);
        Assert.Equal(21 * 10, dataset.Versions[^1].Rows);
        for (var v = 1; v <= 21; v++)
        {
            var version = (await store.Datasets.GetVersionAsync("d", $"{v}"))!;
            Assert.Equal(newest.Parts.Take(v), version.Parts);
        }

        var replaced = await store.Datasets.AddVersionAsync("d", [Part(99) with { Rows = null }], DatasetMode.Replace, "new");
        Assert.Equal(("22", 1, null), (replaced.Version, replaced.Parts.Count, replaced.Rows));
        Assert.Single(await store.Datasets.ListAsync());
        await Assert.ThrowsAsync<CatalogArgumentException>(
            () => store.Datasets.AddVersionAsync("d", [Part(1) with { Name = "../x" }], DatasetMode.Append, "k"));
    }

    [Fact]
    public async Task Runs_are_listed_newest_first_by_kind_model_and_status()
    {
        var (store, _) = await CreateAsync();
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        foreach (var i in Enumerable.Range(0, 30).OrderBy(i => i * 7 % 30))
        {
            var run = new RunRecord
            {
                RunId = $"run-{i}", Kind = i % 2 == 0 ? "train" : "evaluate", Model = "m", StartedAt = start.AddMinutes(i), Status = RunStatus.Running,
            };
            await store.Runs.SaveAsync(run);
            if (i % 3 == 0)
                await store.Runs.SaveAsync(
                    run with { Status = RunStatus.Completed, EndedAt = start.AddHours(1), Metrics = new Dictionary<string, double> { ["mae"] = i } });
            if (i == 3)
                Assert.Equal(RunStatus.Completed, (await store.Runs.SaveAsync(run)).Status);
        }

        Assert.Equal(Enumerable.Range(0, 30).Reverse().Select(i => $"run-{i}"), await AllAsync(null));
        Assert.Equal([28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0], (await AllAsync(new RunFilter(Kind: "train"))).Select(Number));
        Assert.Equal([27, 21, 15, 9, 3], (await AllAsync(new RunFilter("evaluate", Model: "m", Status: RunStatus.Completed))).Select(Number));
        Assert.Empty(await AllAsync(new RunFilter(Pipeline: "none")));
        await store.Runs.SaveAsync((await store.Runs.GetAsync("run-0"))! with { Model = "n", StartedAt = start.AddDays(1) });
        Assert.Equal("run-0", (await AllAsync(null))[0]);
        Assert.Equal(30, (await AllAsync(null)).Count);
        Assert.Equal(29, (await AllAsync(new RunFilter(Model: "m"))).Count);
        await Assert.ThrowsAsync<CatalogArgumentException>(() => store.Runs.GetAsync("a/b"));

        async Task<List<string>> AllAsync(RunFilter? filter)
        {
            var ids = new List<string>();
            string? next = null;
            do
            {
                var page = await store.Runs.ListAsync(filter, 7, next);
                Assert.True(page.Runs.Count <= 7);
                ids.AddRange(page.Runs.Select(r => r.RunId));
                next = page.Next;
            }
            while (next is not null);
            return ids;
        }

        static int Number(string id) => int.Parse(id.AsSpan(4), null);
    }

    /// <summary>A catalogue that has the artefacts which the tests name.</summary>
    private static async Task<(CatalogStore Store, string Prefix)> CreateAsync(LostAnswers? faults = null)
    {
        var (store, prefix) = await CatalogFixture.CreateAsync(faults: faults);
        await store.Artefacts.PutAsync("model"u8.ToArray());
        await Task.WhenAll(Enumerable.Range(0, 21).Append(99).Select(i => store.Artefacts.PutAsync(BitConverter.GetBytes(i))));
        return (store, prefix);
    }

    private static DatasetPart Part(int i) => new(Digest.Of(BitConverter.GetBytes(i)), $"{i}.csv", 100, "text/csv", 10);

    private static ModelRegistration Registration(string key, string run) => new()
    {
        Model = "m",
        Key = key,
        Digest = SomeDigest,
        Size = 5,
        Task = "regression",
        Inputs = [new TensorMetadata("x", TensorDatatype.FP32, [-1, 1])],
        RunId = run,
        Metrics = new Dictionary<string, double> { ["mae"] = 0.5 },
        Tags = new Dictionary<string, string> { ["customer"] = "granlund" },
    };
}
