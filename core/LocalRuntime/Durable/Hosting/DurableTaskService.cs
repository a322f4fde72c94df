using Microsoft.Extensions.Hosting;

namespace Iml4e.LocalRuntime.Durable.Hosting;

/// <summary>Runs the engine with the host: it starts once everything else has, so that every function is bound.</summary>
internal sealed class DurableTaskService(OrchestrationEngine engine) : IHostedLifecycleService, IDisposable
{
    private readonly InstanceGauges gauges = new(engine);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => engine.StartAsync();

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        engine.AnnounceStop();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => engine.DisposeAsync().AsTask();

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => gauges.Dispose();
}
