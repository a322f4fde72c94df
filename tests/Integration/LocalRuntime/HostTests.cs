using System.Net;
using System.Text.Json;
using Iml4e.LocalRuntime.Hosting;
using Iml4e.LocalRuntime.Worker;
using Iml4e.LocalRuntime.Worker.Middleware;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Iml4e.Tests.Integration.LocalRuntime;

public sealed class Gate
{
    public SemaphoreSlim Entered { get; } = new(0);

    public TaskCompletionSource Open { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

public sealed class WaitingFunctions(Gate gate)
{
    [Function("Wait")]
    public async Task<string> Wait([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest request)
    {
        gate.Entered.Release();
        await gate.Open.Task;
        return "done";
    }

    [Function("Slow")]
    public static async Task<string> Slow([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest request, CancellationToken cancellation)
    {
        await Task.Delay(Timeout.Infinite, cancellation);
        return "never";
    }
}

public sealed class OpenFunctions
{
    [Function("Keyed")]
    public static string Keyed([HttpTrigger(AuthorizationLevel.Admin)] HttpRequest request) => "in";
}

public sealed class Stamp : IFunctionsWorkerMiddleware
{
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        context.GetHttpContext()!.Response.Headers["X-Order"] = "outer";
        await next(context);
        var result = context.GetInvocationResult();
        result.Value = result.Value + "!";
    }
}

public sealed class HostTests
{
    [Fact]
    public async Task Requests_above_the_bound_are_429_and_the_others_are_served()
    {
        var gate = new Gate();
        await using var app = await FunctionApp.StartAsync(
            [typeof(WaitingFunctions)],
            new Dictionary<string, string>
            {
                ["AzureFunctionsJobHost:extensions:http:maxOutstandingRequests"] = "2",
                ["AzureFunctionsJobHost:extensions:http:maxConcurrentRequests"] = "1",
            },
            configure: builder => builder.Services.AddSingleton(gate));
        var first = app.Client.GetAsync("api/Wait");
        await gate.Entered.WaitAsync();
        var second = app.Client.GetAsync("api/Wait");

        // The second waits for the first; whichever comes third finds no place.
        var third = app.Client.GetAsync("api/Wait");
        var refused = await await Task.WhenAny(second, third);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal("1", refused.Headers.GetValues("Retry-After").Single());
        gate.Open.SetResult();
        Assert.Equal("done", await (await first).Content.ReadAsStringAsync());
        Assert.Equal(1, (await Task.WhenAll(second, third)).Count(response => response.IsSuccessStatusCode));
        Assert.Equal(HttpStatusCode.OK, (await app.Client.GetAsync("api/Wait")).StatusCode);
    }

    [Fact]
    public async Task A_function_that_takes_too_long_is_cancelled()
    {
        await using var app = await FunctionApp.StartAsync(
            [typeof(WaitingFunctions)],
            new Dictionary<string, string> { ["AzureFunctionsJobHost:functionTimeout"] = "00:00:00.2" },
            configure: builder => builder.Services.AddSingleton(new Gate()));
        Assert.Equal(HttpStatusCode.GatewayTimeout, (await app.Client.GetAsync("api/Slow")).StatusCode);
    }

    [Fact]
    public async Task Names_in_host_json_that_are_not_known_are_told_at_the_start_and_values_that_are_wrong_prevent_it()
    {
        var logs = new CollectedLogs();
        var settings = new Dictionary<string, string>
        {
            ["Logging:LogLevel:Default"] = "Warning",
            ["AzureFunctionsJobHost:extensions:http:routPrefix"] = "x",
        };
        await using (await FunctionApp.StartAsync([typeof(OpenFunctions)], settings, configure: builder => builder.Logging.AddProvider(logs)))
            Assert.Equal(
                "host.json: extensions.http.routPrefix is not known and has no effect; did you mean 'routePrefix'?",
                Assert.Single(logs.Messages, message => message.StartsWith("host.json", StringComparison.Ordinal)));

        settings["AzureFunctionsJobHost:functionTimeout"] = "soon";
        settings["AzureFunctionsJobHost:extensions:durableTask:hubName"] = "-";
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => FunctionApp.StartAsync([typeof(GreetingFunctions)], settings));
        Assert.Contains("functionTimeout is 'soon'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("extensions.durableTask.hubName is '-'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_stay_over_restarts_and_are_the_owners_alone()
    {
        var folder = Directory.CreateTempSubdirectory("keys-").FullName;
        string key;
        await using (var app = await FunctionApp.StartAsync([typeof(OpenFunctions)], dataFolder: folder))
            key = app.MasterKey;
        await using (var app = await FunctionApp.StartAsync([typeof(OpenFunctions)], dataFolder: folder))
            Assert.Equal(key, app.MasterKey);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "keys.json")));
        Assert.True(key.Length >= 50);
        Directory.Delete(folder, true);
    }

    [Fact]
    public async Task Keys_may_be_off_on_loopback_and_nowhere_else()
    {
        var off = new Dictionary<string, string> { ["LocalRuntime:Auth"] = "off" };
        await using (var app = await FunctionApp.StartAsync([typeof(OpenFunctions)], off))
        {
            Assert.Equal("in", await app.Client.GetStringAsync("api/Keyed"));
            Assert.Equal(HttpStatusCode.OK, (await app.Client.GetAsync("admin/host/status")).StatusCode);
        }

        foreach (var url in new[] { "http://0.0.0.0:0", "http://*:0", "http://127.0.0.1:0;http://[::]:0", "http://example.com:80" })
        {
            off["LocalRuntime:Url"] = url;
            var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => FunctionApp.StartAsync([typeof(OpenFunctions)], off));
            Assert.Contains("loopback", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Middleware_runs_in_the_order_of_registration_and_may_change_the_result()
    {
        await using var app = await FunctionApp.StartAsync(
            [typeof(OpenFunctions)],
            new Dictionary<string, string> { ["LocalRuntime:Auth"] = "off" },
            configure: builder =>
            {
                builder.UseMiddleware<Stamp>();
                builder.UseMiddleware(async (context, next) =>
                {
                    context.GetHttpContext()!.Response.Headers["X-Order"] += ", inner";
                    await next();
                });
                builder.UseWhen<Stamp>(context => context.FunctionDefinition.Name == "Other");
            });
        var response = await app.Client.GetAsync("api/Keyed");
        Assert.Equal("outer, inner", response.Headers.GetValues("X-Order").Single());
        Assert.Equal("in!", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task The_generic_host_serves_functions_too()
    {
        var folder = Directory.CreateTempSubdirectory("generic-");
        using var host = new HostBuilder()
            .ConfigureAppConfiguration(configuration => configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["LocalRuntime:Url"] = "http://127.0.0.1:0",
                ["LocalRuntime:Auth"] = "off",
                ["LocalRuntime:DataFolder"] = folder.FullName,
                ["Logging:LogLevel:Default"] = "None",
                ["AzureFunctionsJobHost:extensions:http:routePrefix"] = "api",
            }))
            .ConfigureFunctionsWebApplication((IFunctionsWorkerApplicationBuilder worker) => worker
                .UseFunctionsFrom(typeof(OpenFunctions)).UseMiddleware<Stamp>())
            .Build();
        await host.StartAsync();
        using var client = new HttpClient { BaseAddress = host.GetAddress() };
        Assert.Equal("in!", await client.GetStringAsync("api/Keyed"));
        await host.StopAsync();
        folder.Delete(true);
    }
}
