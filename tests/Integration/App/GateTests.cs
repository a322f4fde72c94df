using System.Net;
using System.Text.Json.Nodes;

namespace Iml4e.Tests.Integration.App;

/// <summary>Quality gates of a pipeline, over HTTP.</summary>
[Collection(AppCollection.Name)]
public sealed class GateTests(AppStack app)
{
    [Fact]
    public async Task Gates_run_in_order_on_challenger_and_champion_and_the_first_that_fails_ends_the_run()
    {
        var name = AppStack.Unique("gated");
        await app.PutDatasetAsync(name, MadeData.Regression(400, 61));
        await app.PutDatasetAsync(name + "-stress", MadeData.Regression(200, 62, shift: 50));
        await app.CreatePipelineAsync(name, document => document["gates"] = JsonNode.Parse($$"""
            [{ "job": "evaluate", "accept": "mae <= champion.mae * 1000" },
             { "job": "evaluate", "name": "stress", "with": { "dataset": "{{name}}-stress" }, "accept": "mae < 60" },
             { "job": "evaluate", "name": "impossible", "accept": "mae < champion.mae * 0.001" },
             { "job": "evaluate", "name": "never reached", "accept": "mae < 1" }]
            """));

        // Without a champion there is nothing to compare with, as in the offline gate; what stands alone is judged.
        var first = await app.RetrainAsync(name, "first");
        Assert.Equal("Promoted", first["result"]!.GetValue<string>());
        Assert.Equal(["stress", "never reached"], first["gates"]!.AsArray().Select(g => g!["name"]!.GetValue<string>()));

        var second = await app.RetrainAsync(name, "second");
        Assert.Equal("OfflineRejected", second["result"]!.GetValue<string>());
        var gates = second["gates"]!.AsArray().Select(g => g!).ToList();
        Assert.Equal(
            [("evaluate", true), ("stress", true), ("impossible", false)], gates.Select(g => (g["name"]!.GetValue<string>(), g["accepted"]!.GetValue<bool>())));
        Assert.Contains("< champion.mae", gates[2]["explanation"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Null(gates[1]["championReport"]);
        foreach (var report in new[] { gates[0]["report"]!, gates[0]["championReport"]!, gates[1]["report"]! })
            Assert.Contains(
                "Evaluation of", (await app.GetAsync(report.GetValue<string>().TrimStart('/'))).Expect(HttpStatusCode.OK).ToJsonString(),
                StringComparison.Ordinal);

        // The hold-out alone judges, a fifth of the rows.
        var job = (await app.GetAsync(gates[0]["report"]!.GetValue<string>().Replace("/report", "", StringComparison.Ordinal).TrimStart('/')))
            .Expect(HttpStatusCode.OK);
        Assert.Equal("completed", job["status"]!.GetValue<string>());
        var audit = await app.VerifiedAuditAsync(name);
        var ended = audit.Last(e => e["event"]!.GetValue<string>() == "RetrainEnded");
        Assert.StartsWith("gate 3 (impossible): mae ", ended["fields"]!["reason"]!.GetValue<string>(), StringComparison.Ordinal);
        var verdicts = audit.Where(e => e["event"]!.GetValue<string>() == "QualityGate").ToList();
        Assert.Equal(4 + 3, verdicts.Count);
        Assert.True(verdicts[^1]["fields"]!["challenger"]!["mae"]!.GetValue<double>() > 0);
        Assert.True(verdicts[^1]["fields"]!["champion"]!["mae"]!.GetValue<double>() > 0);
        Assert.Single((await app.GetAsync($"api/models/{name}")).Expect(HttpStatusCode.OK)["versions"]!.AsArray());
    }

    [Fact]
    public async Task A_gate_whose_figure_is_not_there_does_not_pass()
    {
        var name = AppStack.Unique("blind");
        await app.PutDatasetAsync(name, MadeData.Regression(400, 63));
        await app.CreatePipelineAsync(name, document => document["gates"] = JsonNode.Parse("""[{ "job": "evaluate", "accept": "beauty > 1" }]"""));
        await app.RetrainAsync(name, "first");
        var ended = (await app.VerifiedAuditAsync(name)).Single(e => e["event"]!.GetValue<string>() == "RetrainEnded");
        Assert.Contains("there is no metric 'beauty'", ended["fields"]!["reason"]!.GetValue<string>(), StringComparison.Ordinal);
    }
}
