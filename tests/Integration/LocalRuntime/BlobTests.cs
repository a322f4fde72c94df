using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Azure.Storage.Blobs;
using Iml4e.LocalRuntime.Hosting;
using Iml4e.LocalRuntime.Worker;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.Tests.Integration.LocalRuntime;

/// <summary>Blob triggers and bindings on the real emulator.</summary>
public sealed class BlobTests() : BlobAppTests("blobs")
{
    // Four hundred blobs, of which one function takes all and another a quarter; the app is stopped in the middle three times.
    [Fact]
    public async Task Every_version_of_a_blob_runs_each_function_once_over_restarts()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 400), async (i, _) => await UploadAsync(i % 4 == 0 ? $"in/{i}.txt" : $"else/{i}.csv", $"v{i}"));
        foreach (var stop in new[] { 100, 200, 300 })
        {
            await using (await StartAsync(typeof(CountingFunctions)))
                await FunctionApp.UntilAsync(() => Seen.All.Count >= stop, $"{stop} runs");
            Assert.InRange(Seen.All.Count, stop, 499);
        }

        await using (await StartAsync(typeof(CountingFunctions)))
        {
            await FunctionApp.UntilAsync(() => Seen.All.Count >= 500, "all of them");
            await UploadAsync("in/8.txt", "again");
            await UploadAsync("in/new.txt", "new");
            await FunctionApp.UntilAsync(() => Seen.All.Count >= 504, "the new versions");

            // A last blob stands for "everything before it has been looked at".
            await UploadAsync("last.csv", "last");
            await FunctionApp.UntilAsync(() => Seen.All.Contains("Second last.csv last"), "the last");
        }

        Assert.Equal(505, Seen.All.Count);
        Assert.Equal(Seen.All.Count, Seen.All.Distinct().Count());
        Assert.Contains("First 8 v8", Seen.All);
        Assert.Contains("First 8 again", Seen.All);
        Assert.Contains("Second in/8.txt again", Seen.All);
        Assert.DoesNotContain(Seen.All, line => line.StartsWith("First else", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_container_that_comes_later_is_served()
    {
        await Container.DeleteAsync();
        await using var app = await StartAsync(typeof(CountingFunctions));
        var later = Azurite.Shared.CreateClient().GetBlobContainerClient(Name);
        await later.CreateAsync();
        await later.GetBlobClient("in/a.txt").UploadAsync(BinaryData.FromString("b"));
        await FunctionApp.UntilAsync(() => Seen.All.Contains("First a b"), "the blob");
    }

    [Fact]
    public async Task A_blob_that_fails_five_times_is_put_aside_once_and_can_be_driven_again()
    {
        Seen.Failures = 5;
        await UploadAsync("bad", "content");
        await using (var app = await StartAsync(typeof(FailingFunctions)))
        {
            JsonElement poison = default;
            await FunctionApp.UntilAsync(() => (poison = PoisonAsync(app).GetAwaiter().GetResult()).GetArrayLength() > 0, "the poison list");
            var entry = Assert.Single(poison.EnumerateArray());
            Assert.Equal("bad", entry.GetProperty("blobName").GetString());
            Assert.Equal("Fails", entry.GetProperty("functionId").GetString());
            Assert.Equal(5, entry.GetProperty("tries").GetInt32());
            Assert.Contains("cannot read bad", entry.GetProperty("error").GetString(), StringComparison.Ordinal);
            Assert.Equal(5, Seen.Tries["bad"]);
            Assert.Equal(HttpStatusCode.NotFound, (await app.AdminAsync(HttpMethod.Post, $"admin/blobs/poison/{new string('0', 32)}/redrive")).StatusCode);
            Assert.Equal(HttpStatusCode.Unauthorized, (await app.Client.GetAsync("admin/blobs/poison")).StatusCode);
        }

        // It stays aside over a restart, until somebody drives it.
        await using (var app = await StartAsync(typeof(FailingFunctions)))
        {
            await UploadAsync("good", "fine");
            Seen.Tries["good"] = 5;
            await FunctionApp.UntilAsync(() => Seen.All.Contains("good fine"), "the good blob");
            var entry = Assert.Single((await PoisonAsync(app)).EnumerateArray());
            var redrive = await app.AdminAsync(HttpMethod.Post, $"admin/blobs/poison/{entry.GetProperty("id").GetString()}/redrive");
            Assert.Equal(HttpStatusCode.Accepted, redrive.StatusCode);
            await FunctionApp.UntilAsync(() => Seen.All.Contains("bad content"), "the driven blob");
            Assert.Equal(0, (await PoisonAsync(app)).GetArrayLength());
        }
    }

    [Fact]
    public async Task Blobs_bind_as_objects_clients_and_names_and_results_are_written()
    {
        var side = Azurite.Shared.CreateClient().GetBlobContainerClient(Name + "side");
        await side.CreateAsync();
        await side.GetBlobClient("meter.txt").UploadAsync(BinaryData.FromString("left"));
        await UploadAsync("meter/12.json", """{"title":"heat","rows":3}""");
        await UploadAsync("deep/raw.bin", "12345");
        await using var app = await StartAsync(typeof(BindingFunctions));
        await FunctionApp.UntilAsync(() => Seen.All.Count >= 2, "both functions");
        Assert.Contains("deep/raw.bin 5", Seen.All);
        Assert.Contains(Seen.All, line => line.StartsWith("heat 3 meter 12 side=left missing=True", StringComparison.Ordinal)
            && line.EndsWith($"left True {Name}/meter/12.json", StringComparison.Ordinal));
        var output = Azurite.Shared.CreateClient().GetBlobContainerClient(Name + "out");
        var written = output.GetBlobClient($"meter/12-{DateTime.UtcNow.Year}.txt");
        await FunctionApp.UntilAsync(() => written.Exists().Value, "the result");
        Assert.Equal("HEAT", (await written.DownloadContentAsync()).Value.Content.ToString());

        var answer = await app.Client.PutAsJsonAsync("api/orders/a1", new Order("nut", 2));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal("""{"item":"nut","count":2}""", await answer.Content.ReadAsStringAsync());
        Assert.Equal("""{"item":"nut","count":2}""", (await output.GetBlobClient("orders/a1.json").DownloadContentAsync()).Value.Content.ToString());
        await app.Client.PutAsJsonAsync("api/orders/none", new Order("nut", 0));
        Assert.False((await output.GetBlobClient("orders/none.json").ExistsAsync()).Value);
    }

    [Fact]
    public async Task A_blob_runs_by_hand()
    {
        await UploadAsync("in/x.txt", "1");
        await using var app = await StartAsync(typeof(CountingFunctions));
        await FunctionApp.UntilAsync(() => Seen.All.Count == 2, "both functions");
        Assert.Equal(HttpStatusCode.Accepted, (await app.AdminAsync(HttpMethod.Post, "admin/functions/First", new { input = $"{Name}/in/x.txt" })).StatusCode);
        await FunctionApp.UntilAsync(() => Seen.All.Count == 3, "the run by hand");
        foreach (var path in new[] { $"{Name}/in/nope.txt", $"{Name}/x.csv", "elsewhere/in/x.txt", "x", "" })
            Assert.Equal(HttpStatusCode.BadRequest, (await app.AdminAsync(HttpMethod.Post, "admin/functions/First", new { input = path })).StatusCode);
    }

    [Fact]
    public async Task Bindings_that_cannot_work_fail_the_start()
    {
        var exception = await Assert.ThrowsAsync<FunctionDiscoveryException>(() => FunctionApp.StartAsync([typeof(FaultyBlobFunctions)]));
        Assert.Contains(exception.Errors, error => error.StartsWith("NoConnection: the setting 'Nowhere'", StringComparison.Ordinal));
        Assert.Contains(exception.Errors, error => error.StartsWith("BadPattern: in the blob path", StringComparison.Ordinal));
    }

    private async Task UploadAsync(string blob, string content)
        => await Container.GetBlobClient(blob).UploadAsync(BinaryData.FromString(content), overwrite: true);

    public sealed class FaultyBlobFunctions
    {
        [Function("NoConnection")]
        public static void NoConnection([BlobTrigger("inbox/{name}", Connection = "Nowhere")] string content)
        {
        }

        [Function("BadPattern")]
        public static void BadPattern([BlobTrigger("inbox/{a}{b}")] string content)
        {
        }
    }
}
