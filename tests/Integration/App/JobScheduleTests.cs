using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;

namespace Iml4e.Tests.Integration.App;

/// <summary>Jobs that are started at set times.</summary>
[Collection(AppCollection.Name)]
public sealed class JobScheduleTests(AppStack app)
{
    [Fact]
    public async Task A_time_that_comes_starts_one_job()
    {
        var name = AppStack.Unique("nightly");
        var at = DateTime.UtcNow.AddSeconds(2);
        var created = await app.SendAsync(HttpMethod.Put, $"api/job-schedules/{name}", Content(Verify(at)));
        Assert.Equal(HttpStatusCode.Created, created.Status);
        await AppStack.UntilAsync(
            () => app.GetAsync($"api/job-schedules/{name}"), s => s.Expect(HttpStatusCode.OK)["lastJob"] is not null, "the job of the schedule");
        var schedule = (await app.GetAsync($"api/job-schedules/{name}")).Expect(HttpStatusCode.OK);
        var id = schedule["lastJob"]!.GetValue<string>();
        Assert.Equal($"{name}-{at.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}", id);
        Assert.Equal("completed", (await app.EndOfJobAsync(id))["status"]!.GetValue<string>());
        Assert.Null(schedule["error"]);
        Assert.Equal(at.AddDays(1).Date, DateTimeOffset.Parse(schedule["next"]!.GetValue<string>(), CultureInfo.InvariantCulture).UtcDateTime.Date);

        Assert.Equal(HttpStatusCode.NoContent, (await app.SendAsync(HttpMethod.Delete, $"api/job-schedules/{name}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await app.GetAsync($"api/job-schedules/{name}")).Status);
        Assert.Equal(HttpStatusCode.OK, (await app.GetAsync($"api/jobs/{id}")).Status);
    }

    [Fact]
    public async Task What_is_wrong_is_told_with_its_path()
    {
        async Task<string> RefusedAsync(JsonObject schedule)
        {
            var answer = await app.SendAsync(HttpMethod.Put, "api/job-schedules/wrong", Content(schedule));
            Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
            return answer.Text;
        }

        var right = Verify(DateTime.UtcNow);
        Assert.Contains("\"cron\"", await RefusedAsync(With(right, "cron", "often")), StringComparison.Ordinal);
        Assert.Contains("once a minute", await RefusedAsync(With(right, "cron", "*/30 * * * * *")), StringComparison.Ordinal);
        Assert.Contains("\"kind\"", await RefusedAsync(With(right, "kind", "nonsense")), StringComparison.Ordinal);
        Assert.Contains("request.scope", await RefusedAsync(With(right, "request", new JsonObject { ["scope"] = new JsonArray("nothing") })), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await app.GetAsync("api/job-schedules/wrong")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await app.SendAsync(HttpMethod.Delete, "api/job-schedules/none")).Status);
    }

    // Once a day, at this second.
    private static JsonObject Verify(DateTime at) => new()
    {
        ["cron"] = string.Create(CultureInfo.InvariantCulture, $"{at.Second} {at.Minute} {at.Hour} * * *"), ["kind"] = "verify",
        ["request"] = new JsonObject { ["scope"] = new JsonArray("models") },
    };

    private static JsonObject With(JsonObject document, string field, JsonNode value)
    {
        var copy = document.DeepClone().AsObject();
        copy[field] = value;
        return copy;
    }

    private static StringContent Content(JsonObject document) => new(document.ToJsonString(), System.Text.Encoding.UTF8, "application/json");
}
