using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Iml4e.CommandLine.Stack;

namespace Iml4e.Tests.Integration.App;

/// <summary>The app with keys, as a process of its own; and an app that must not start without them.</summary>
public sealed class KeyTests
{
    [Fact]
    public async Task Every_address_but_the_open_ones_asks_for_a_key()
    {
        var folder = Directory.CreateTempSubdirectory("app-keys-");
        try
        {
            var options = new LocalStackOptions(folder.FullName, 0) { Settings = new Dictionary<string, string> { ["LocalRuntime__Auth"] = "on" } };
            await using var stack = await LocalStack.StartAsync(options, CancellationToken.None);
            using var http = new HttpClient { BaseAddress = stack.Url };
            var keys = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder.FullName, "runtime", "keys.json")))!;
            var master = keys["masterKey"]!.GetValue<string>();
            var host = keys["hostKeys"]!["default"]!.GetValue<string>();
            var system = keys["systemKeys"]!["durabletask_extension"]!.GetValue<string>();
            string Own(string function) => keys["functionKeys"]![function]!["default"]!.GetValue<string>();

            foreach (var open in new[] { "v2", "v2/health/live", "v2/health/ready", "api/openapi.json", "metrics", "" })
                Assert.Equal(HttpStatusCode.OK, (await SendAsync(http, HttpMethod.Get, open, null)).Status);

            // What the contract calls protected is protected, every operation of it.
            var contract = JsonNode.Parse((await SendAsync(http, HttpMethod.Get, "api/openapi.json", null)).Body)!;
            var guarded = contract["paths"]!.AsObject()
                .SelectMany(p => p.Value!.AsObject().Where(o => o.Value!["security"] is not null).Select(o => (Path: p.Key, Verb: o.Key))).ToList();
            Assert.True(guarded.Count >= 35, $"only {guarded.Count} guarded operations");
            foreach (var (path, verb) in guarded)
            {
                var address = path.TrimStart('/').Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal);
                foreach (var key in new[] { null, "wrong", master[..^1], system, "" })
                {
                    var refused = await SendAsync(http, new HttpMethod(verb.ToUpperInvariant()), address, key);
                    Assert.True(refused.Status == HttpStatusCode.Unauthorized, $"{verb} {path} answers {refused.Status} to the key '{key}'");
                    Assert.Equal("", refused.Body);
                }
            }

            foreach (var key in new[] { Own("ListModels"), host, master })
            {
                Assert.Equal(HttpStatusCode.OK, (await SendAsync(http, HttpMethod.Get, "api/models", key)).Status);
                Assert.Equal(HttpStatusCode.OK, (await SendAsync(http, HttpMethod.Get, "api/models?code=" + key, null)).Status);
            }

            Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(http, HttpMethod.Get, "api/models", Own("ListDatasets"))).Status);
            foreach (var path in new[] { "admin/host/status", "admin/functions", "admin/blobs/poison" })
            {
                foreach (var key in new[] { null, host, system, Own("ListModels") })
                    Assert.Equal((HttpStatusCode.Unauthorized, ""), await SendAsync(http, HttpMethod.Get, path, key));
                Assert.Equal(HttpStatusCode.OK, (await SendAsync(http, HttpMethod.Get, path, master)).Status);
            }

            foreach (var key in new[] { null, host, Own("ListModels") })
                Assert.Equal((HttpStatusCode.Unauthorized, ""), await SendAsync(http, HttpMethod.Get, "runtime/webhooks/durabletask/instances", key));
            foreach (var key in new[] { system, master })
                Assert.Equal(HttpStatusCode.OK, (await SendAsync(http, HttpMethod.Get, "runtime/webhooks/durabletask/instances", key)).Status);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://*:0")]
    [InlineData("http://127.0.0.1:0;http://[::]:0")]
    public async Task Without_keys_the_app_does_not_start_beyond_loopback(string url)
    {
        var folder = Directory.CreateTempSubdirectory("app-open-");
        try
        {
            var app = Repository.FunctionsFolder();
            var start = new ProcessStartInfo("dotnet", [Path.Combine(app, "Iml4e.Functions.dll")])
            {
                WorkingDirectory = app, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
            };
            start.Environment["AzureWebJobsStorage"] = Azurite.Shared.ConnectionString;
            start.Environment["Iml4e__ContainerPrefix"] = Azurite.UniqueName("k") + "-";
            start.Environment["LocalRuntime__Url"] = url;
            start.Environment["LocalRuntime__Auth"] = "off";
            start.Environment["LocalRuntime__DataFolder"] = folder.FullName;
            using var process = Process.Start(start)!;
            try
            {
                var output = process.StandardOutput.ReadToEndAsync();
                var errors = process.StandardError.ReadToEndAsync();
                using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
                await process.WaitForExitAsync(patience.Token);
                Assert.NotEqual(0, process.ExitCode);
                Assert.Contains("LocalRuntime:Auth=off is for loopback addresses only", await output + await errors, StringComparison.Ordinal);
            }
            finally
            {
                if (!process.HasExited)
                    process.Kill(entireProcessTree: true);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<(HttpStatusCode Status, string Body)> SendAsync(HttpClient http, HttpMethod method, string path, string? key)
    {
        using var request = new HttpRequestMessage(method, path);
        if (key is not null)
            request.Headers.TryAddWithoutValidation("x-functions-key", key);
        using var response = await http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
