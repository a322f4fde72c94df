using Iml4e.LocalRuntime.Hosting.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Hosting;

/// <summary>Listens for what triggers functions of one kind, as long as the app runs, in one process of a data folder at a time.</summary>
internal abstract class TriggerListener(string name, LocalRuntimeOptions options, TimeProvider time, ILogger logger) : BackgroundService
{
    protected LocalRuntimeOptions Options => options;

    protected TimeProvider Time => time;

    protected ILogger Logger => logger;

    /// <summary>Whether there is a function to listen for.</summary>
    protected abstract bool HasFunctions { get; }

    /// <summary>Listens until it is cancelled.</summary>
    protected abstract Task ListenAsync(CancellationToken stoppingToken);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!HasFunctions)
            return;
        try
        {
            await using var held = await InstanceLock.TakeAsync(
                Path.Combine(Options.DataPath, name + ".lock"),
                () => Logger.LogInformation("Another process of this data folder serves the {Triggers}; waiting for it to end", name),
                Time,
                stoppingToken);
            await ListenAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process is asked to end.
        }
    }
}
