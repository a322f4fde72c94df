using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using Iml4e.LocalRuntime.Hosting.Security;
using Iml4e.LocalRuntime.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.Tests.Integration.LocalRuntime;

public sealed class FedFunctions(Seen seen)
{
    [Function("Fed")]
    public void Fed([BlobTrigger("%Test:Container%/in/{name}.txt", Source = BlobTriggerSource.EventGrid)] string content, string name)
    {
        if (seen.Tries.AddOrUpdate(name, 1, (_, tries) => tries + 1) <= seen.Failures)
            throw new InvalidOperationException("cannot read " + name);
        seen.All.Enqueue($"{name} {content}");
    }

    [Function("Scanned")]
    public void Scanned([BlobTrigger("%Test:Container%/scanned/{name}")] string content, string name) => seen.All.Enqueue($"scanned {name} {content}");
}

/// <summary>Blob triggers that Event Grid feeds, on the real emulator.</summary>
public sealed class BlobWebhookTests() : BlobAppTests("fed")
{
    [Fact]
    public async Task An_event_runs_the_function_once_however_often_it_is_told_and_a_new_version_runs_it_again()
    {
        await using var app = await StartAsync(scan: false);
        var first = await UploadAsync("in/a.txt", "1");
        for (var i = 0; i < 3; i++)
            Assert.Equal(HttpStatusCode.Accepted, (await TellAsync(app, Created("in/a.txt", first), Created("in/a.txt", first))).StatusCode);
        await FunctionApp.UntilAsync(() => Seen.All.Contains("a 1"), "the blob");
        var second = await UploadAsync("in/a.txt", "2");
        await TellAsync(app, Created("in/a.txt", first), Created("in/a.txt", second), Created("elsewhere/b.txt", second), Created("in/gone.txt", second));

        // A container of a function that is not fed is scanned as ever.
        await UploadAsync("scanned/c", "3");
        await FunctionApp.UntilAsync(() => Seen.All.Contains("a 2") && Seen.All.Contains("scanned c 3"), "the second version");
        await TellAsync(app, Created("in/a.txt", second));
        await UploadAsync("scanned/last", "4");
        await FunctionApp.UntilAsync(() => Seen.All.Contains("scanned last 4"), "the last");
        await FunctionApp.UntilAsync(() => Messages() == 0, "the messages to be done with");
        Assert.Equal(4, Seen.All.Count);
    }

    [Fact]
    public async Task Without_events_nothing_happens_unless_the_container_is_scanned_too()
    {
        await UploadAsync("in/a.txt", "1");
        await using (await StartAsync(scan: false))
        {
            await UploadAsync("scanned/c", "2");
            await FunctionApp.UntilAsync(() => Seen.All.Contains("scanned c 2"), "the scanned blob");
            Assert.DoesNotContain("a 1", Seen.All);
        }

        await using (await StartAsync(scan: true))
            await FunctionApp.UntilAsync(() => Seen.All.Contains("a 1"), "the blob");
    }

    [Fact]
    public async Task What_was_accepted_is_not_lost_with_the_process_and_ends_in_the_poison_list_when_it_fails()
    {
        Seen.Failures = int.MaxValue;
        var etag = await UploadAsync("in/bad.txt", "1");
        await using (var app = await StartAsync(scan: false, retryDelay: "01:00:00"))
        {
            await TellAsync(app, Created("in/bad.txt", etag));
            await FunctionApp.UntilAsync(() => Seen.Tries.GetValueOrDefault("bad") == 1, "the first try");
        }

        Assert.Equal(1, Messages());
        await using (var app = await StartAsync(scan: false))
        {
            JsonElement poison = default;
            await FunctionApp.UntilAsync(() => (poison = PoisonAsync(app).GetAwaiter().GetResult()).GetArrayLength() > 0, "the poison list");
            await FunctionApp.UntilAsync(() => Messages() == 0, "the message to be done with");
            Assert.Equal(5, Seen.Tries["bad"]);

            // Told again it stays where it is; driven again it is done.
            await TellAsync(app, Created("in/bad.txt", etag));
            await UploadAsync("scanned/last", "2");
            await FunctionApp.UntilAsync(() => Seen.All.Contains("scanned last 2") && Messages() == 0, "the last");
            Assert.Equal(5, Seen.Tries["bad"]);
            Seen.Failures = 0;
            var id = Assert.Single((await PoisonAsync(app)).EnumerateArray()).GetProperty("id").GetString();
            Assert.Equal(HttpStatusCode.Accepted, (await app.AdminAsync(HttpMethod.Post, $"admin/blobs/poison/{id}/redrive")).StatusCode);
            await FunctionApp.UntilAsync(() => Seen.All.Contains("bad 1"), "the driven blob");
        }
    }

    [Fact]
    public async Task The_address_is_validated_in_both_schemas()
    {
        await using var app = await StartAsync(scan: false);
        var handshake = await PostAsync(
            app, """[{"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": "c0de", "validationUrl": "https://x"}}]""");
        Assert.Equal(HttpStatusCode.OK, handshake.StatusCode);
        Assert.Equal("""{"validationResponse":"c0de"}""", await handshake.Content.ReadAsStringAsync());

        using var options = new HttpRequestMessage(HttpMethod.Options, Address(app));
        options.Headers.Add("WebHook-Request-Origin", "eventgrid.azure.net");
        var greeting = await app.Client.SendAsync(options);
        Assert.Equal(HttpStatusCode.OK, greeting.StatusCode);
        Assert.Equal("eventgrid.azure.net", greeting.Headers.GetValues("WebHook-Allowed-Origin").Single());

        var etag = await UploadAsync("in/cloud.txt", "1");
        var cloud = Created("in/cloud.txt", etag);
        cloud["specversion"] = "1.0";
        cloud["type"] = cloud["eventType"]!.DeepClone();
        cloud.Remove("eventType");
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(app, cloud.ToJsonString())).StatusCode);
        await FunctionApp.UntilAsync(() => Seen.All.Contains("cloud 1"), "the blob");
        Assert.Equal(
            HttpStatusCode.Accepted, (await PostAsync(app, """[{"eventType": "Microsoft.Storage.BlobDeleted", "subject": "", "data": {}}]""")).StatusCode);
    }

    [Fact]
    public async Task Keys_functions_and_events_that_are_wrong_are_refused()
    {
        await using var app = await StartAsync(scan: false);
        var good = new JsonArray(Created("in/a.txt", "0x1")).ToJsonString();
        Assert.Equal(HttpStatusCode.Unauthorized, (await PostAsync(app, good, "runtime/webhooks/blobs?functionName=Host.Functions.Fed")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await PostAsync(app, good, "runtime/webhooks/blobs?functionName=Host.Functions.Fed&code=x")).StatusCode);
        foreach (var function in new[] { "Host.Functions.Nowhere", "Host.Functions.Scanned", "Fed" })
            Assert.Equal(HttpStatusCode.NotFound, (await PostAsync(app, good, Address(app, function))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(app, good, Address(app, ""))).StatusCode);
        foreach (var body in new[]
        {
            "", "no json", "5", "[5]", "[null]", "[[]]", "[{}]", """[{"eventType": 5}]""", """[{"eventType": "Microsoft.Storage.BlobCreated"}]""",
            """[{"eventType": "Microsoft.Storage.BlobCreated", "subject": "/blobServices/default/containers/x/blobs/y"}]""",
            """[{"eventType": "Microsoft.Storage.BlobCreated", "subject": "/blobServices/default/containers/x/blobs/", "data": {"eTag": "1"}}]""",
            """[{"eventType": "Microsoft.Storage.BlobCreated", "subject": "/blobServices/default/containers/x/blobs/y", "data": {"eTag": "1\n2"}}]""",
            """[{"eventType": "Microsoft.Storage.BlobCreated", "subject": "\ud800", "data": {"eTag": "1"}}]""",
            """[{"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {}}]""",
        })
        {
            var response = await PostAsync(app, body);
            Assert.True(response.StatusCode == HttpStatusCode.BadRequest, $"{response.StatusCode} for {body}");
        }

        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await app.Client.GetAsync(Address(app))).StatusCode);
        Assert.Equal(0, Messages());
    }

    private static string Address(FunctionApp app, string function = "Host.Functions.Fed")
        => $"runtime/webhooks/blobs?functionName={function}&code={app.Host.Services.GetRequiredService<FunctionKeys>().SystemKey(FunctionKeys.BlobsExtension)}";

    private static async Task<HttpResponseMessage> PostAsync(FunctionApp app, string body, string? address = null)
        => await app.Client.PostAsync(address ?? Address(app), new StringContent(body, Encoding.UTF8, "application/json"));

    private static Task<HttpResponseMessage> TellAsync(FunctionApp app, params JsonNode[] events) => PostAsync(app, new JsonArray(events).ToJsonString());

    // As Event Grid writes it; the ETag without quotes.
    private JsonObject Created(string blob, string etag) => new()
    {
        ["topic"] = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Storage/storageAccounts/a",
        ["subject"] = $"/blobServices/default/containers/{Name}/blobs/{blob}",
        ["eventType"] = "Microsoft.Storage.BlobCreated",
        ["id"] = Guid.NewGuid().ToString(),
        ["data"] = new JsonObject { ["api"] = "PutBlob", ["eTag"] = etag, ["blobType"] = "BlockBlob", ["url"] = $"https://a.blob.core.windows.net/{Name}/{blob}" },
        ["dataVersion"] = "",
        ["metadataVersion"] = "1",
        ["eventTime"] = "2026-01-01T00:00:00Z",
    };

    private int Messages() => Azurite.Shared.CreateClient().GetBlobContainerClient("azure-webjobs-hosts").GetBlobs(prefix: $"blobmessages/{Name}/").Count();

    private async Task<string> UploadAsync(string blob, string content)
        => (await Container.GetBlockBlobClient(blob).UploadAsync(BinaryData.FromString(content).ToStream())).Value.ETag.ToString().Trim('"');

    private Task<FunctionApp> StartAsync(bool scan, string retryDelay = "00:00:00.01") => StartAsync(
        typeof(FedFunctions), ("LocalRuntime:BlobRetryDelay", retryDelay), ("LocalRuntime:ScanForBlobEvents", scan ? "true" : "false"));
}
