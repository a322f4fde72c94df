using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.Faults;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTask.Client.Entities;
using Iml4e.LocalRuntime.DurableTask.Entities;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>A hub in a folder of its own that can be closed, or cut off, and opened again.</summary>
internal sealed class TestHub : IAsyncDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("iml4e-hub-");
    private readonly InMemoryFunctions functions;
    private readonly Func<DurableTaskSettings, DurableTaskSettings> configure;

    private TestHub(InMemoryFunctions functions, Func<DurableTaskSettings, DurableTaskSettings>? configure)
    {
        this.functions = functions;
        this.configure = configure ?? (settings => settings);
    }

    public OrchestrationEngine Engine { get; private set; } = null!;

    public LocalDurableTaskClient Client { get; private set; } = null!;

    public static async Task<TestHub> OpenAsync(
        InMemoryFunctions functions, Func<DurableTaskSettings, DurableTaskSettings>? configure = null, IFaultInjector? faults = null)
    {
        var hub = new TestHub(functions, configure);
        await hub.ReopenAsync(faults);
        return hub;
    }

    public async Task ReopenAsync(IFaultInjector? faults = null, TimeProvider? time = null)
    {
        var settings = configure(new DurableTaskSettings
        {
            DataFolder = folder.FullName, HubName = "Tests", Synchronous = false, CrashQuietTime = TimeSpan.FromMilliseconds(50),
        });
        Engine = new OrchestrationEngine(settings, functions, NullLoggerFactory.Instance, time ?? TimeProvider.System, null, faults);
        Client = new LocalDurableTaskClient(Engine);
        try
        {
            await Engine.StartAsync();
        }
        catch (EngineAbandonedException)
        {
            // A crash point on the way up; the test opens the hub again.
        }
    }

    /// <summary>Cuts the engine off as a kill would, and opens the hub again.</summary>
    public async Task CrashAsync(IFaultInjector? faults = null)
    {
        await Engine.AbandonAsync();
        await ReopenAsync(faults);
    }

    public async Task<OrchestrationMetadata> RunAsync(string name, object? input = null, string? id = null)
    {
        var instanceId = await Client.ScheduleNewOrchestrationInstanceAsync(name, input, new StartOrchestrationOptions(id));
        return await FinishAsync(instanceId);
    }

    public Task<OrchestrationMetadata> FinishAsync(string instanceId) =>
        Client.WaitForInstanceCompletionAsync(instanceId, true, new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token);

    /// <summary>Waits until something is true of an instance.</summary>
    public async Task<OrchestrationMetadata> UntilAsync(string instanceId, Func<OrchestrationMetadata, bool> reached)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            if (await Client.GetInstanceAsync(instanceId, true) is { } instance && reached(instance))
                return instance;
            await Task.Delay(5, limit.Token);
        }
    }

    /// <summary>Waits until something is so; fails after a minute.</summary>
    public static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await isSo())
            await Task.Delay(5, limit.Token);
    }

    /// <summary>Waits until the state of an entity is what is asked for.</summary>
    public async Task<EntityMetadata<T>> UntilEntityAsync<T>(EntityInstanceId id, Func<T, bool> reached)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            if (await Client.Entities.GetEntityAsync<T>(id) is { } entity && reached(entity.State))
                return entity;
            await Task.Delay(5, limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        folder.Delete(recursive: true);
    }
}
