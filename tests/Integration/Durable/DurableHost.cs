using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.Hosting;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.Hosting;
using Iml4e.LocalRuntime.Hosting.Http;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Hosting.Security;
using Iml4e.LocalRuntime.Worker;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Iml4e.Tests.Integration.Durable;

/// <summary>A real host on a free port with the durable functions of these tests.</summary>
public sealed class DurableHost : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("iml4e-durable-");
    private WebApplication app = null!;

    public HttpClient Http { get; private set; } = null!;

    public string Key { get; private set; } = "";

    public string MasterKey { get; private set; } = "";

    internal LocalDurableTaskClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["LocalRuntime:DataFolder"] = folder.FullName,
            ["AzureFunctionsJobHost:extensions:durableTask:hubName"] = "HostTests",
        });
        var registry = FunctionRegistry.Discover([typeof(DurableFunctions)]);
        builder.Services.AddOptions<WorkerOptions>();
        builder.Services.AddSingleton(new LocalRuntimeOptions { DataFolder = folder.FullName });
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(registry);
        builder.Services.AddSingleton<FunctionPipeline>();
        builder.Services.AddSingleton<FunctionInvoker>();
        builder.Services.AddSingleton<FunctionKeys>();
        builder.Services.AddSingleton<IParameterBinder, ContextParameterBinder>();
        builder.Services.AddDurableTask(registry, builder.Configuration);
        app = builder.Build();
        registry.Bind(app.Services.GetServices<IParameterBinder>());
        app.UseMiddleware<ProblemMiddleware>();
        app.MapManagementApi();
        await app.StartAsync();
        var keys = app.Services.GetRequiredService<FunctionKeys>();
        Key = keys.SystemKey(FunctionKeys.DurableTaskExtension);
        MasterKey = keys.MasterKey;
        Client = app.Services.GetRequiredService<LocalDurableTaskClient>();
        Http = new HttpClient { BaseAddress = app.GetAddress() };
        Http.DefaultRequestHeaders.Add("x-functions-key", Key);
    }

    public static Uri Path(string path) => new("/runtime/webhooks/durabletask" + path, UriKind.Relative);

    /// <summary>Asks until the instance has finished, as a client does.</summary>
    public async Task<(HttpStatusCode Code, JsonNode Status)> FinishAsync(string id, string query = "")
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            using var response = await Http.GetAsync(Path($"/instances/{id}{query}"), limit.Token);
            var status = (await response.Content.ReadFromJsonAsync<JsonNode>(limit.Token))!;
            if (response.StatusCode != HttpStatusCode.Accepted)
                return (response.StatusCode, status);
            Assert.Equal("5", response.Headers.GetValues("Retry-After").Single());
            await Task.Delay(10, limit.Token);
        }
    }

    /// <summary>A new instance that stands where its name says, such as running, done or suspended; "unknown" is none.</summary>
    public async Task<string> InStateAsync(string state)
    {
        var id = $"{state}-{Guid.NewGuid():N}";
        var orchestrator = state switch
        {
            "done" => nameof(DurableFunctions.Greet),
            "failed" => nameof(DurableFunctions.Fail),
            _ => nameof(DurableFunctions.WaitFor),
        };
        if (state == "unknown")
            return id;
        DateTimeOffset? startAt = state == "pending" ? DateTimeOffset.UtcNow.AddDays(1) : null;
        await Client.ScheduleNewOrchestrationInstanceAsync(orchestrator, null, new StartOrchestrationOptions(id, startAt));
        if (state == "pending")
            return id;
        if (state == "terminated")
            await Client.TerminateInstanceAsync(id, "enough");
        if (state == "suspended")
            await Client.SuspendInstanceAsync(id);
        var status = Enum.Parse<OrchestrationRuntimeStatus>(state == "done" ? "completed" : state, ignoreCase: true);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await Client.GetInstanceAsync(id, limit.Token))!.RuntimeStatus != status)
            await Task.Delay(5, limit.Token);
        return id;
    }

    public async Task DisposeAsync()
    {
        Http.Dispose();
        await app.DisposeAsync();
        folder.Delete(recursive: true);
    }
}
