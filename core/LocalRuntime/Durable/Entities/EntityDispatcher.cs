using Iml4e.LocalRuntime.Durable.Faults;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Orchestrations;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Entities;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Durable.Entities;

/// <summary>The entities of the hub at work, a bounded number at a time.</summary>
internal sealed partial class EntityDispatcher : IDisposable
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly SessionTable<EntityMessage> sessions;
    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationToken stopped;
    private readonly OrchestrationEngine engine;
    private readonly OrchestrationServices services;
    private readonly ILogger logger;
    private readonly int concurrency;
    private readonly SemaphoreSlim slots;

    public EntityDispatcher(OrchestrationEngine engine, OrchestrationServices services, ILogger logger)
    {
        this.engine = engine;
        this.services = services;
        this.logger = logger;
        stopped = stopping.Token;
        concurrency = Math.Max(1, services.Settings.MaxConcurrentEntities);
        slots = new SemaphoreSlim(concurrency);
        sessions = new SessionTable<EntityMessage>(services.Settings.MaxLiveSessions, (table, id) => new EntitySession(engine, table, id));
    }

    /// <summary>Takes up what was under way.</summary>
    public async Task StartAsync()
    {
        var recovered = await engine.Store.Entities.RecoverAsync();
        foreach (var signal in recovered.Signals)
            engine.Timers.Add(signal);
        foreach (var entityId in recovered.Waiting)
            sessions.Post(entityId, null);
        if (recovered.Waiting.Count + recovered.Signals.Count > 0)
            LogRecovered(logger, recovered.Waiting.Count, recovered.Signals.Count);
    }

    /// <summary>Hands a message to its entity; a signal for later waits for its time.</summary>
    public void Post(EntityMessage message)
    {
        if (message.Due is { } due)
            engine.Timers.Add(PendingTimer.OfSignal(due, message.Number, message.EntityId));
        else
            sessions.Post(message.EntityId, message);
    }

    /// <summary>Lets a delayed signal arrive, its time having come.</summary>
    public async Task ArriveAsync(PendingTimer timer)
    {
        engine.Working.Enter();
        try
        {
            await engine.Store.Entities.ArriveAsync(timer.Execution);
        }
        catch (EngineAbandonedException)
        {
            // Its row is still there: the next start lets it arrive.
        }
        catch (Exception exception)
        {
            LogSignalFailed(logger, exception, timer.InstanceId);
            engine.Timers.Add(timer with { Due = engine.Time.GetUtcNow().UtcDateTime + RetryInterval });
        }
        finally
        {
            engine.Working.Leave();
        }
    }

    /// <summary>Carries out an entity's work, commits it, and gives the entity as it is then.</summary>
    /// <exception cref="EngineAbandonedException">The engine stops; nothing has happened.</exception>
    public async Task<EntityRecord> CarryOutAsync(EntityRecord entity, EntityWork work)
    {
        if (work.Operations is [var first, ..])
            await engine.Guard.AdmitAsync(RunningWork.OfOperation(first.Number), first.Crashes, What(first));
        try
        {
            await slots.WaitAsync(stopped);
        }
        catch (OperationCanceledException)
        {
            throw new EngineAbandonedException();
        }

        try
        {
            engine.Crash.Pass(CrashPoint.BeforeEntityBatch);
            var operations = engine.Store.Entities.WithInputs(work.Operations);
            var batch = new EntityBatch(entity, operations, services, engine.Time, engine.Store.NextExecution, logger, stopped);
            if (work.Operations.Count > 0)
                await RunAsync(batch, work.Operations[0]);
            engine.Crash.Pass(CrashPoint.AfterEntityBatch);
            var commit = Commit(entity, work, batch);
            var result = await engine.Store.Entities.CommitAsync(commit);
            engine.Crash.Pass(CrashPoint.AfterEntityCommit);
            foreach (var start in result.Started)
                engine.Started(start.Instance);
            if (work.Operations is [var carriedOut, ..])
                engine.Guard.Ended(RunningWork.OfOperation(carriedOut.Number));
            return commit.Entity with { Holder = result.Holder };
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            throw new EngineAbandonedException();
        }
        finally
        {
            slots.Release();
        }
    }

    /// <summary>Starts no more batches, cancels the running ones, and waits for them as long as the grace period lasts.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        using var limit = new CancellationTokenSource(services.Settings.GracePeriod, engine.Time);
        try
        {
            for (var slot = 0; slot < concurrency; slot++)
                await slots.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            LogLeft(logger, services.Settings.GracePeriod);
        }
    }

    public void Dispose()
    {
        stopping.Cancel();
        stopping.Dispose();
    }

    private static string What(EntityMessage operation) => $"operation '{operation.Operation}' of entity '{operation.EntityId}'";

    private static HistoryEvent Answer(EntityMessage operation, CallerLink caller, OperationOutcome outcome, DateTime now) =>
        new(HistoryEventKind.EventRaised, now) { TaskId = caller.TaskId, Name = operation.Operation, Result = outcome.Result, Failure = outcome.Failure };

    private EntityCommit Commit(EntityRecord entity, EntityWork work, EntityBatch batch)
    {
        var now = engine.Time.GetUtcNow().UtcDateTime;
        var commit = new EntityCommit(entity with { State = batch.State, Holder = work.Holder }, now)
        {
            Consumed = work.Consumed, Signals = batch.Signals, Starts = batch.Starts, LockRequest = work.LockRequest,
        };
        foreach (var (operation, outcome) in work.Operations.Zip(batch.Outcomes))
        {
            if (operation.Caller is { } caller)
                commit.Answers.Add((caller, Answer(operation, caller, outcome, now)));
        }

        return commit;
    }

    private async Task RunAsync(EntityBatch batch, EntityMessage first)
    {
        var name = EntityInstanceId.FromString(first.EntityId).Name;
        if (!services.Functions.HasEntity(name))
        {
            batch.FailAll(new TaskFailureDetails(FailureTypes.EntityNotFound, $"No entity named '{name}' was found.", null, null, null));
            return;
        }

        if (engine.Guard.Refuse(first.Crashes, FailureTypes.EntityOperationPoisoned, What(first)) is { } poisoned)
        {
            batch.FailAll(poisoned);
            return;
        }

        Exception? thrown = null;
        using var slot = engine.Guard.Enter(RunningWork.OfOperation(first.Number));
        batch.Slot = slot;
        try
        {
            await services.Functions.RunEntityAsync(name, batch);
        }
        catch (Exception exception)
        {
            thrown = exception;
        }

        await batch.EndAsync(thrown);
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Carrying on with {Entities} entities with work and {Signals} signals for later")]
    private static partial void LogRecovered(ILogger logger, int entities, int signals);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning,
        Message = "Entities still were at work after {GracePeriod}; what they did is left for the next start")]
    private static partial void LogLeft(ILogger logger, TimeSpan gracePeriod);

    [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message = "The signal of entity '{EntityId}' could not arrive and is tried again")]
    private static partial void LogSignalFailed(ILogger logger, Exception exception, string entityId);
}
