using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Iml4e.Tests.Integration.Durable.Viewer;

/// <summary>Who may use the viewer, and what its addresses answer.</summary>
public class ViewerHttpTests(DurableHost host) : IClassFixture<DurableHost>
{
    [Theory]
    [InlineData("GET", "")]
    [InlineData("GET", "/viewer.js")]
    [InlineData("GET", "/api/instances")]
    [InlineData("GET", "/api/instances/x")]
    [InlineData("GET", "/api/instances/x/history")]
    [InlineData("GET", "/api/instances/x/history/0")]
    [InlineData("GET", "/api/instances/x/payloads/input")]
    [InlineData("GET", "/api/waiting")]
    [InlineData("DELETE", "/api/instances/x")]
    [InlineData("POST", "/api/instances/x/terminate")]
    [InlineData("POST", "/api/instances/x/suspend")]
    [InlineData("POST", "/api/instances/x/resume")]
    [InlineData("POST", "/api/instances/x/rewind")]
    [InlineData("POST", "/api/instances/x/restart")]
    [InlineData("POST", "/api/instances/x/raiseEvent/y")]
    public async Task IsClosedWithoutTheKey(string method, string path)
    {
        using var stranger = Stranger();
        foreach (var cookie in new[] { null, "wrong" })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), Address(path));
            request.Headers.Add("x-iml4e-viewer", "1");
            if (cookie is not null)
                request.Headers.Add("Cookie", $"iml4e-viewer-{host.Http.BaseAddress!.Port}={cookie}");
            using var response = await stranger.SendAsync(request);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync(Address("?code=wrong"))).StatusCode);
    }

    [Fact]
    public async Task TheKeyGivesACookieThatOpensTheViewerAlone()
    {
        using var stranger = Stranger();
        using var first = await stranger.GetAsync(Address("?code=" + host.Key));
        Assert.Equal(HttpStatusCode.Redirect, first.StatusCode);
        Assert.Equal("/runtime/webhooks/durabletask/viewer", first.Headers.Location!.OriginalString);
        var given = first.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("path=/runtime/webhooks/durabletask/viewer; samesite=strict; httponly", given, StringComparison.Ordinal);
        Assert.DoesNotContain(host.Key, given, StringComparison.Ordinal);
        stranger.DefaultRequestHeaders.Add("Cookie", given.Split(';')[0]);
        using var page = await stranger.GetAsync(Address(""));
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.StartsWith("default-src 'none'; script-src 'self'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("nosniff", page.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync(Address("/viewer.css"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync(Address("/keys.json"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync(Address("/..%2fhost.json"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync(Address("/api/instances"))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync(DurableHost.Path("/instances"))).StatusCode);

        // A page of another site could send a plain POST; the header that makes the browser ask first is what it cannot send.
        var id = await host.InStateAsync("running");
        using var plain = await stranger.PostAsync(Address($"/api/instances/{id}/suspend"), null);
        Assert.Equal(HttpStatusCode.Unauthorized, plain.StatusCode);
        using var request = new HttpRequestMessage(HttpMethod.Post, Address($"/api/instances/{id}/restart"));
        request.Headers.Add("x-iml4e-viewer", "1");
        using var restarted = await stranger.SendAsync(request);
        Assert.Equal(HttpStatusCode.Accepted, restarted.StatusCode);
        Assert.Equal(["id"], (await restarted.Content.ReadFromJsonAsync<JsonObject>())!.Select(member => member.Key));
    }

    [Theory]
    [InlineData("/api/instances?status=Happy", 400)]
    [InlineData("/api/instances?count=0", 400)]
    [InlineData("/api/instances?after=x", 400)]
    [InlineData("/api/instances?roots=1", 400)]
    [InlineData("/api/instances?search=%25%27%22%5C%00", 200)]
    [InlineData("/api/instances/nobody", 404)]
    [InlineData("/api/instances/{done}?lanes=all", 400)]
    [InlineData("/api/instances/{done}?from=-1", 400)]
    [InlineData("/api/instances/{done}?from=99999999999&count=9999", 200)]
    [InlineData("/api/instances/{done}/history?from=99999999999", 200)]
    [InlineData("/api/instances/{done}/history/0", 200)]
    [InlineData("/api/instances/{done}/history/100000", 404)]
    [InlineData("/api/instances/{done}/history/-1", 404)]
    [InlineData("/api/instances/{done}/history/99999999999", 404)]
    [InlineData("/api/instances/{done}/payloads/output", 200)]
    [InlineData("/api/instances/{done}/payloads/input", 404)]
    [InlineData("/api/instances/{done}/payloads/secrets", 404)]
    [InlineData("/api/instances/nobody/history", 404)]
    [InlineData("/api/waiting?after=1.x", 400)]
    [InlineData("/api/waiting?count=5", 200)]
    public async Task AnswersWithItsStatus(string path, int status)
    {
        using var response = await host.Http.GetAsync(Address(path.Replace("{done}", await host.InStateAsync("done"), StringComparison.Ordinal)));
        Assert.Equal(status, (int)response.StatusCode);
    }

    private static Uri Address(string path) => DurableHost.Path("/viewer" + path);

    private HttpClient Stranger() => new(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = host.Http.BaseAddress };
}
