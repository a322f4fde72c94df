using System.Net;
using System.Text.Json.Nodes;
using Iml4e.CatalogTrials.Predictions;

namespace Iml4e.Tests.Integration.App;

/// <summary>The job kind <c>verify</c> over HTTP.</summary>
[Collection(AppCollection.Name)]
public sealed class VerificationJobTests(AppStack app)
{
    [Fact]
    public async Task A_whole_catalogue_is_accepted_and_a_fault_is_not_and_stands_in_the_report()
    {
        await LinearModel.RegisterAsync(app.Http, AppStack.Unique("verified"), "durable", CancellationToken.None);
        var whole = await app.RunJobAsync("verify", new JsonObject { ["scope"] = new JsonArray("models", "artefacts") });
        Assert.Equal("completed", whole["status"]!.GetValue<string>());
        Assert.True(whole["accepted"]!.GetValue<bool>());
        Assert.Equal(2, whole["progress"]!["total"]!.GetValue<double>());
        Assert.Equal(0, whole["metrics"]!["faults"]!.GetValue<double>());
        Assert.True(whole["metrics"]!["checked"]!.GetValue<double>() > 0);

        await using var damaged = await DamagedArtefact.CreateAsync(app);
        var faulty = await app.RunJobAsync("verify", new JsonObject());
        Assert.Equal("completed", faulty["status"]!.GetValue<string>());
        Assert.False(faulty["accepted"]!.GetValue<bool>());
        Assert.Equal(7, faulty["progress"]!["total"]!.GetValue<double>());
        Assert.Equal(1, faulty["metrics"]!["digest_faults"]!.GetValue<double>());
        var id = faulty["id"]!.GetValue<string>();
        var report = (await app.GetAsync($"api/jobs/{id}/report.json")).Expect(HttpStatusCode.OK);
        var rows = report["sections"]!.AsArray().Single(s => s!["title"]!.GetValue<string>() == "Faults in artefacts")!["tables"]![0]!["rows"]!.AsArray();
        Assert.Equal(["digest", $"artefacts/{damaged.Digest}"], Assert.Single(rows)!.AsArray().Take(2).Select(c => c!.GetValue<string>()));
        var page = await app.GetAsync($"api/jobs/{id}/report.html");
        Assert.Equal("text/html", page.MediaType);
        Assert.Contains($"artefacts/{damaged.Digest}", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_verification_is_cancelled()
    {
        // It may be over before the wish to cancel it comes; then the next one is tried.
        for (var attempt = 1; ; attempt++)
        {
            var id = (await app.PostAsync("api/jobs/verify", new JsonObject())).Expect(HttpStatusCode.Accepted)["id"]!.GetValue<string>();
            var answer = await app.SendAsync(HttpMethod.Delete, $"api/jobs/{id}");
            if (answer.Status == HttpStatusCode.Conflict && attempt < 20)
                continue;
            Assert.Equal("cancelled", answer.Expect(HttpStatusCode.OK)["status"]!.GetValue<string>());
            Assert.Equal("cancelled", (await app.EndOfJobAsync(id))["status"]!.GetValue<string>());
            return;
        }
    }

    [Fact]
    public async Task The_contract_and_the_list_of_kinds_know_it_and_bad_requests_are_refused()
    {
        var contract = (await app.GetAsync("api/openapi.json")).Expect(HttpStatusCode.OK);
        var schema = contract["paths"]!["/api/jobs/verify"]!["post"]!["requestBody"]!["content"]!["application/json"]!["schema"]!;
        Assert.Equal(["scope", "accept"], schema["properties"]!.AsObject().Select(p => p.Key));
        var kinds = (await app.GetAsync("api/job-kinds")).Expect(HttpStatusCode.OK)["kinds"]!.AsArray();
        Assert.Contains(kinds, k => k!["name"]!.GetValue<string>() == "verify");
        (await app.PostAsync("api/jobs/verify", new JsonObject { ["scope"] = new JsonArray("models", "nothing") })).ExpectProblemAt("scope[1]");
        (await app.PostAsync("api/jobs/verify", new JsonObject { ["accept"] = "beauty > 1" })).ExpectProblemAt("accept");
    }
}
