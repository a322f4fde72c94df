using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Validation;
using Iml4e.Catalog;
using Iml4e.Functions.Jobs;
using Iml4e.Functions.Maintenance;
using Iml4e.Reporting;
using Iml4e.Tests.Integration.App;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iml4e.Tests.Integration.Catalog;

/// <summary>The job kind <c>verify</c>, step by step as its orchestrator does it, on catalogues of its own.</summary>
public sealed class VerifyJobTests
{
    [Fact]
    public async Task Each_kind_of_damage_is_counted_and_listed_with_its_path()
    {
        var damaged = await DamagedCatalogue.CreateAsync();
        await using var store = damaged.Store;
        await damaged.DamageAsync();
        var job = new VerifyJob(store);
        var result = await RunAsync(job, store, null);
        Assert.False(result.Accepted);
        Assert.Contains("faults", result.Explanation, StringComparison.Ordinal);
        Assert.Equal(damaged.Faults.Count, result.Metrics["faults"]);
        foreach (var kind in damaged.Faults.GroupBy(f => f[(f.LastIndexOf(' ') + 1)..]))
            Assert.Equal(kind.Count(), result.Metrics[kind.Key + "_faults"]);
        Assert.All(result.Metrics, m => Assert.True(m.Value > 0, $"nothing was planted for {m.Key}"));

        var listed = Listed(result);
        Assert.Equal(damaged.Faults, listed.Select(r => DamagedCatalogue.Told(r[1].Text!, r[0].Text!)).Order(StringComparer.Ordinal));
        Assert.All(listed, r => Assert.NotEmpty(r[2].Text!));
        Assert.Equal("Not accepted", result.Report.Verdict!.Text);
        Assert.Contains($"artefacts/{damaged.Part}", await ReportHtml.RenderAsync(result.Report), StringComparison.Ordinal);

        // Whoever walks the same again tells the same in the same order.
        Assert.Equal(listed.SelectMany(r => r), Listed(await RunAsync(job, store, null)).SelectMany(r => r));
    }

    [Fact]
    public async Task A_scope_walks_its_parts_alone_and_the_accept_expression_may_say_otherwise()
    {
        var damaged = await DamagedCatalogue.CreateAsync();
        await using var store = damaged.Store;
        var job = new VerifyJob(store);
        var whole = await RunAsync(job, store, JsonNode.Parse("""{"scope":["Models","audit","runs"]}"""));
        Assert.True(whole.Accepted);
        Assert.Equal(0, whole.Metrics["faults"]);
        Assert.True(whole.Metrics["checked"] > 0);
        Assert.Equal("models, runs, audit", whole.Report.Subtitle);
        await damaged.DamageAsync();
        var tolerated = await RunAsync(job, store, JsonNode.Parse("""{"scope":["audit"],"accept":"chain_faults <= 1 and digest_faults == 0"}"""));
        Assert.True(tolerated.Accepted);
        Assert.Equal(1, tolerated.Metrics["faults"]);
    }

    [Theory]
    [InlineData("""{"scope":[]}""", "scope")]
    [InlineData("""{"scope":["models","nothing"]}""", "scope[1]")]
    [InlineData("""{"scope":["3"]}""", "scope[0]")]
    [InlineData("""{"scope":["models, runs"]}""", "scope[0]")]
    [InlineData("""{"scope":"models"}""", "scope")]
    [InlineData("""{"scope":null}""", "scope")]
    [InlineData("""{"accept":"beauty > 1"}""", "accept")]
    [InlineData("""{"accept":null}""", "accept")]
    [InlineData("""{"depth":1}""", "depth")]
    public async Task What_makes_no_request_is_told_with_its_path(string request, string path)
    {
        await using var store = CatalogFixture.Open("none");
        var refused = Assert.Throws<DocumentException>(() => new VerifyJob(store).Normalise(JsonNode.Parse(request)));
        Assert.Equal(path, Assert.Single(refused.Errors).Path);
    }

    [Fact]
    public async Task It_tells_how_far_it_is()
    {
        var damaged = await DamagedCatalogue.CreateAsync();
        await using var store = damaged.Store;
        await RunAsync(new VerifyJob(store), store, JsonNode.Parse("""{"scope":["artefacts"]}"""));
        var told = await AppStack.UntilAsync(
            async () => (await store.Documents.ReadAsync<UnitProgress>(UnitProgress.PathOf("verify-1")))?.Value, p => p is not null,
            "the progress to be written");
        Assert.Matches("^artefacts: [0-9]+ checks$", told!.Message);
    }

    [Fact]
    public void Of_very_many_faults_the_first_by_path_are_kept_and_all_are_counted()
    {
        var faults = new FaultList();
        foreach (var i in Enumerable.Range(0, 5000).Select(i => i * 2741 % 5000))
            faults.Add(new CatalogFault($"runs/{i:D5}", i % 2 == 0 ? "missing" : "reference", "is wrong"));
        Assert.Equal(Enumerable.Range(0, FaultList.Most).Select(i => $"runs/{i:D5}"), faults.First.Select(f => f.Path));
        Assert.Equal(new Dictionary<string, long> { ["missing"] = 2500, ["reference"] = 2500 }, faults.Kinds);
    }

    private static IReadOnlyList<Cell>[] Listed(JobResult result) =>
        [.. result.Report.Sections.Where(s => s.Title.StartsWith("Faults in ", StringComparison.Ordinal)).SelectMany(s => s.Tables).SelectMany(t => t.Rows)];

    // Plan, every unit, aggregate: what passes between them is JSON, as between the steps of the orchestrator.
    private static async Task<JobResult> RunAsync(VerifyJob job, CatalogStore store, JsonNode? request)
    {
        var normal = job.Normalise(request ?? new JsonObject());
        var start = new JobStart("verify-1", job.Name, Digest.Of("request"u8));
        var progress = new JobProgressReporter(store, TimeProvider.System, NullLogger<JobProgressReporter>.Instance);
        // A verification opens no data set and no model.
        var context = new CatalogJobContext(start, DateTimeOffset.UnixEpoch, store, null!, null!, progress);
        var parts = new List<JsonElement>();
        foreach (var unit in await job.PlanAsync(normal, context, CancellationToken.None))
            parts.Add(await job.ExecuteAsync(normal, unit, context, CancellationToken.None));
        return await job.AggregateAsync(normal, parts, context, CancellationToken.None);
    }
}
