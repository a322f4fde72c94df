using System.Net.Http.Json;
using Iml4e.LocalRuntime.Hosting;
using Iml4e.LocalRuntime.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Iml4e.Tests.Integration.LocalRuntime;

/// <summary>A function app on Kestrel in this process, on a free port, with a data folder of its own.</summary>
public sealed class FunctionApp : IAsyncDisposable
{
    private readonly DirectoryInfo? ownFolder;

    private FunctionApp(IHost host, DirectoryInfo? ownFolder)
    {
        Host = host;
        this.ownFolder = ownFolder;
        Client = new HttpClient { BaseAddress = host.GetAddress() };
    }

    public IHost Host { get; }

    public HttpClient Client { get; }

    public string MasterKey => Host.GetMasterKey();

    /// <summary>Starts the functions of some classes; settings are those of the configuration, such as <c>LocalRuntime:Auth</c>.</summary>
    public static async Task<FunctionApp> StartAsync(
        IReadOnlyList<Type> functions,
        IReadOnlyDictionary<string, string>? settings = null,
        string? dataFolder = null,
        Action<FunctionsApplicationBuilder>? configure = null)
    {
        var own = dataFolder is null ? Directory.CreateTempSubdirectory("function-app-") : null;
        var all = new Dictionary<string, string>(settings ?? new Dictionary<string, string>())
        {
            ["LocalRuntime:DataFolder"] = dataFolder ?? own!.FullName,
        };
        all.TryAdd("LocalRuntime:Url", "http://127.0.0.1:0");
        all.TryAdd("AzureFunctionsJobHost:extensions:http:routePrefix", "api");
        all.TryAdd("Logging:LogLevel:Default", "None");
        var builder = FunctionsApplication.CreateBuilder([.. all.Select(pair => $"--{pair.Key}={pair.Value}")])
            .ConfigureFunctionsWebApplication()
            .UseFunctionsFrom([.. functions]);
        configure?.Invoke(builder);
        var host = builder.Build();
        await host.StartAsync();
        return new FunctionApp(host, own);
    }

    public async Task<HttpResponseMessage> AdminAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("x-functions-key", MasterKey);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        return await Client.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Host.StopAsync();
        await ((IAsyncDisposable)Host).DisposeAsync();
        ownFolder?.Delete(recursive: true);
    }

    /// <summary>Looks again and again until something is so; fails after a minute.</summary>
    public static async Task UntilAsync(Func<bool> isSo, string what)
    {
        for (var i = 0; i < 1200; i++)
        {
            if (isSo())
                return;
            await Task.Delay(50);
        }

        Assert.Fail("Waited in vain: " + what);
    }
}
