using Iml4e.Functions.Pipelines;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Iml4e.Functions.Retraining;

/// <summary>
/// Fires schedules at their times: a look at the triggers hands over those that it sees coming, so that a schedule waits for no look, nor a look for a schedule.
/// What is not fired because the process ends or the storage fails stays due, and the next look at the triggers takes it up.
/// </summary>
internal sealed class ScheduleClock(PipelineStore pipelines, TriggerService triggers, TimeProvider time, ILogger<ScheduleClock> logger)
    : IHostedService, IDisposable
{
    private const int AtOnce = 8;

    /// <summary>How far ahead schedules are handed over: several looks, were one to take its time.</summary>
    public static readonly TimeSpan Foresight = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Pipeline, DateTimeOffset At), Task> _waiting = [];
    private readonly SemaphoreSlim _turns = new(AtOnce);
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Fires a pipeline's schedule at a time, once however often it is asked for.</summary>
    public void Plan(DurableTaskClient client, string pipeline, DateTimeOffset at)
    {
        lock (_lock)
        {
            if (!_stopping.IsCancellationRequested && !_waiting.ContainsKey((pipeline, at)))
                _waiting.Add((pipeline, at), Task.Run(() => FireAsync(client, pipeline, at)));
        }
    }

    /// <summary>Whether a schedule is waited for, or being fired at this moment.</summary>
    public bool Holds(string pipeline, DateTimeOffset at)
    {
        lock (_lock)
            return _waiting.ContainsKey((pipeline, at));
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        Task[] waiting;
        lock (_lock)
            waiting = [.. _waiting.Values];
        await Task.WhenAll(waiting).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _turns.Dispose();
        _stopping.Dispose();
    }

    private async Task FireAsync(DurableTaskClient client, string name, DateTimeOffset at)
    {
        var stopping = _stopping.Token;
        DateTimeOffset? next = null;
        try
        {
            // A delay may end a little before the time, and then nothing would be due.
            for (var early = at - time.GetUtcNow(); early > TimeSpan.Zero; early = at - time.GetUtcNow())
                await Task.Delay(early + TimeSpan.FromMilliseconds(1), time, stopping);
            await _turns.WaitAsync(stopping);
            try
            {
                // It may have been changed or removed meanwhile.
                if (await pipelines.FindAsync(name, stopping) is { } pipeline)
                    next = await triggers.TickAsync(client, pipeline, stopping);
            }
            finally
            {
                _turns.Release();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            // One pipeline's trouble must not stop the others; the next look tries again.
            logger.LogError(e, "The schedule of pipeline {Pipeline} could not be fired.", name);
        }
        finally
        {
            lock (_lock)
                _waiting.Remove((name, at));
        }

        if (next is { } following && following > at && following - time.GetUtcNow() < Foresight)
            Plan(client, name, following);
    }
}
