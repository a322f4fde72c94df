using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Iml4e.LocalRuntime.Hosting.Security;
using Iml4e.LocalRuntime.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Iml4e.Tests.Integration.LocalRuntime;

public sealed class HttpFunctionTests : IAsyncLifetime
{
    private FunctionApp app = null!;

    private HttpClient Client => app.Client;

    public async Task InitializeAsync()
        => app = await FunctionApp.StartAsync([typeof(HttpFunctions)], configure: builder => builder.Services.AddSingleton<Greeter>());

    public async Task DisposeAsync() => await app.DisposeAsync();

    [Fact]
    public async Task Action_results_are_written_with_route_values_bound_and_the_class_made_for_each_call()
    {
        Assert.Equal("""{"id":5,"query":"x"}""", await Client.GetStringAsync("api/action/5?q=x"));
        await Client.GetStringAsync("api/action/6");
        Assert.Equal(2, app.Host.Services.GetRequiredService<Greeter>().Created);
    }

    [Fact]
    public async Task Bodies_are_bound_from_JSON_and_minimal_results_are_written()
    {
        var response = await Client.PostAsync("api/minimal", Json("""{"item":"screw","count":4}"""));
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("""{"item":"screw","count":5}""", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("{\"item\":\"screw\",\"count\":\"many\"}", "count", "line 1")]
    [InlineData("{\"item\":\n  oops}", "item", "line 2")]
    [InlineData("", "body", "valid JSON")]
    [InlineData("null", "body", "null")]
    [InlineData("[1]", "body", "does not fit")]
    public async Task Bodies_that_do_not_fit_are_refused_with_path_and_place(string body, string path, string says)
    {
        var response = await Client.PostAsync("api/minimal", Json(body));
        var problem = await ProblemAsync(response, HttpStatusCode.BadRequest);
        var error = problem.GetProperty("errors")[0];
        Assert.Equal(path, error.GetProperty("path").GetString());
        Assert.Contains(says, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("System.", problem.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Very_deep_JSON_is_refused()
    {
        var response = await Client.PostAsync("api/minimal", Json(new string('[', 100_000)));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task A_body_that_may_be_missing_is_null()
    {
        Assert.Equal("none", await (await Client.PostAsync("api/Optional", null)).Content.ReadAsStringAsync());
        Assert.Equal("nut", await (await Client.PostAsync("api/Optional", Json("""{"item":"nut","count":1}"""))).Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Host_neutral_requests_and_responses_carry_status_headers_cookies_and_body()
    {
        var response = await Client.PostAsync("api/Data?name=ann", new StringContent("hello"));
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("Data", response.Headers.GetValues("X-Function").Single());
        Assert.StartsWith("crumb=1", response.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("""{"Method":"POST","Name":"ann","Body":"hello"}""", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Plain_objects_and_texts_are_written_and_absent_route_values_take_their_default()
    {
        Assert.Equal("""{"item":"bolt","count":7}""", await Client.GetStringAsync("api/poco/bolt"));
        Assert.Equal("""{"item":"bolt","count":2}""", await Client.GetStringAsync("api/poco/bolt/2"));
        Assert.Equal("text True", await Client.GetStringAsync("api/Text"));
    }

    [Fact]
    public async Task Route_values_that_cannot_be_converted_are_refused_with_their_name()
    {
        var id = Guid.Parse("11112222-3333-4444-5555-666677778888");
        Assert.Equal($"{id:N} True Friday", await Client.GetStringAsync($"api/by-id/{id}/true/friday"));
        foreach (var (path, name) in new[] { ("nope/true/friday", "id"), ($"{id}/maybe/friday", "on"), ($"{id}/true/12", "level") })
        {
            var problem = await ProblemAsync(await Client.GetAsync("api/by-id/" + path), HttpStatusCode.BadRequest);
            Assert.Equal(name, problem.GetProperty("errors")[0].GetProperty("path").GetString());
        }
    }

    [Fact]
    public async Task Unknown_routes_are_404_and_wrong_methods_405_with_Allow()
    {
        await ProblemAsync(await Client.GetAsync("api/nothing"), HttpStatusCode.NotFound);
        await ProblemAsync(await Client.GetAsync("api/action/five"), HttpStatusCode.NotFound);
        var response = await Client.DeleteAsync("api/action/5");
        await ProblemAsync(response, HttpStatusCode.MethodNotAllowed);
        Assert.Equal(["GET", "HEAD", "PUT"], response.Content.Headers.Allow.Order());
    }

    [Fact]
    public async Task Answers_of_functions_are_left_as_they_are()
    {
        Assert.Equal(HttpStatusCode.NoContent, (await Client.PutAsync("api/action/5", null)).StatusCode);
        var missing = await Client.GetAsync("api/Missing");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Equal("", await missing.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Head_is_get_without_the_body()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, "api/action/5");
        var response = await Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task What_a_function_throws_is_kept_from_the_caller()
    {
        var response = await Client.GetAsync("api/Throws");
        var problem = await ProblemAsync(response, HttpStatusCode.InternalServerError);
        Assert.Equal(32, problem.GetProperty("errorId").GetString()!.Length);
        Assert.DoesNotContain("secret", problem.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", problem.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bodies_above_a_functions_own_limit_are_413()
        => await ProblemAsync(await Client.PostAsync("api/TooLarge", new StringContent(new string('x', 100))), HttpStatusCode.RequestEntityTooLarge);

    [Fact]
    public async Task Keys_open_what_they_are_for_and_nothing_else()
    {
        var keys = app.Host.Services.GetRequiredService<FunctionKeys>();
        var own = keys.FunctionKey("Keyed");
        var system = keys.SystemKey(FunctionKeys.DurableTaskExtension);
        var master = keys.MasterKey;
        foreach (var (path, key, expected) in new[]
        {
            ("Keyed", null, 401), ("Keyed", "wrong", 401), ("Keyed", own, 200), ("Keyed", master, 200), ("Keyed", system, 401),
            ("Keyed", own[..^1], 401), ("Keyed", own + "x", 401),
            ("KeyedToo", own, 401), ("AdminOnly", own, 401), ("AdminOnly", system, 401), ("AdminOnly", master, 200),
            ("SystemOnly", own, 401), ("SystemOnly", system, 200), ("SystemOnly", master, 200), ("Text", null, 200),
        })
        {
            var byQuery = await Client.GetAsync($"api/{path}" + (key is null ? "" : "?code=" + Uri.EscapeDataString(key)));
            using var request = new HttpRequestMessage(HttpMethod.Get, $"api/{path}");
            if (key is not null)
                request.Headers.Add("x-functions-key", key);
            var byHeader = await Client.SendAsync(request);
            Assert.True(
                (int)byQuery.StatusCode == expected && (int)byHeader.StatusCode == expected,
                $"{path} {key?.Length}: {byQuery.StatusCode}, {byHeader.StatusCode}");
            if (expected == 401)
                Assert.Equal("", await byHeader.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task Admin_lists_functions_and_status_for_the_master_key_alone()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, (await Client.GetAsync("admin/host/status")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Client.GetAsync("admin/functions")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Client.PostAsync("admin/functions/Text", null)).StatusCode);
        var status = JsonDocument.Parse(await (await app.AdminAsync(HttpMethod.Get, "admin/host/status")).Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("Running", status.GetProperty("state").GetString());
        var functions = JsonDocument.Parse(await (await app.AdminAsync(HttpMethod.Get, "admin/functions")).Content.ReadAsStringAsync()).RootElement;
        var action = functions.EnumerateArray().Single(function => function.GetProperty("name").GetString() == "Action");
        var trigger = action.GetProperty("bindings")[0];
        Assert.Equal("httpTrigger", trigger.GetProperty("type").GetString());
        Assert.Equal("In", trigger.GetProperty("direction").GetString());
        Assert.Equal("action/{id:int}", trigger.GetProperty("route").GetString());
        Assert.Equal("Anonymous", trigger.GetProperty("authLevel").GetString());
        Assert.Equal("$return", action.GetProperty("bindings")[1].GetProperty("name").GetString());
        Assert.Equal(HttpStatusCode.Accepted, (await app.AdminAsync(HttpMethod.Post, "admin/functions/Text", new { input = "" })).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await app.AdminAsync(HttpMethod.Post, "admin/functions/Action", new { input = "" })).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await app.AdminAsync(HttpMethod.Post, "admin/functions/Nope", new { input = "" })).StatusCode);
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json"));

    private static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        return problem;
    }
}
