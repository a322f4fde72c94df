using System.Text.Json;
using Azure.Storage.Blobs;
using Iml4e.LocalRuntime.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.Tests.Integration.LocalRuntime;

/// <summary>Tests of functions on blobs: each has a container of its own on the real emulator, and a folder in which its app goes on after a restart.</summary>
public abstract class BlobAppTests(string kind) : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory(kind + "-app-");

    /// <summary>The container's name, and the host's.</summary>
    protected string Name { get; } = Azurite.UniqueName(kind);

    /// <summary>What the functions have seen.</summary>
    protected Seen Seen { get; } = new();

    /// <summary>The container.</summary>
    protected BlobContainerClient Container { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Container = Azurite.Shared.CreateClient().GetBlobContainerClient(Name);
        await Container.CreateAsync();
    }

    public Task DisposeAsync()
    {
        folder.Delete(true);
        return Task.CompletedTask;
    }

    /// <summary>Starts an app with functions on the container.</summary>
    /// <param name="functions">Their class.</param>
    /// <param name="settings">Further settings, or others.</param>
    protected Task<FunctionApp> StartAsync(Type functions, params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string>
        {
            ["AzureWebJobsStorage"] = Azurite.Shared.ConnectionString,
            ["Test:Container"] = Name,
            ["LocalRuntime:BlobPollInterval"] = "00:00:00.1",
            ["LocalRuntime:BlobRetryDelay"] = "00:00:00.01",
            ["AzureFunctionsWebHost:hostid"] = Name,
        };
        foreach (var (name, value) in settings)
            all[name] = value;
        return FunctionApp.StartAsync([functions], all, folder.FullName, builder => builder.Services.AddSingleton(Seen));
    }

    /// <summary>Blobs that failed too often.</summary>
    protected static async Task<JsonElement> PoisonAsync(FunctionApp app) =>
        JsonDocument.Parse(await (await app.AdminAsync(HttpMethod.Get, "admin/blobs/poison")).Content.ReadAsStringAsync()).RootElement.GetProperty("blobs");
}
