using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Iml4e.LocalRuntime.Durable.Hosting;
using Iml4e.LocalRuntime.Hosting;
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
        app.MapManagementApi();
        await app.StartAsync();
        Key = app.Services.GetRequiredService<FunctionKeys>().SystemKey(FunctionKeys.DurableTaskExtension);
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

    public async Task DisposeAsync()
    {
        Http.Dispose();
        await app.DisposeAsync();
        folder.Delete(recursive: true);
    }
}
