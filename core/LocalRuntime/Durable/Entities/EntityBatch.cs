using System.Diagnostics;
using Iml4e.LocalRuntime.Durable.Faults;
using Iml4e.LocalRuntime.Durable.Orchestrations;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.Durable.Tracing;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Entities;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Durable.Entities;

/// <summary>
/// The operations that one invocation of an entity's function carries out, one after the other. What one leaves behind is seen by the next; one
/// that throws leaves nothing behind, unless the hub is set otherwise.
/// </summary>
internal sealed partial class EntityBatch : ITraced
{
    private readonly Lock gate = new();
    private readonly EntityInstanceId id;
    private readonly IReadOnlyList<EntityMessage> operations;
    private readonly OrchestrationServices services;
    private readonly TimeProvider time;
    private readonly Func<long> nextExecution;
    private readonly ILogger logger;
    private readonly List<OperationOutcome> outcomes = [];
    private readonly List<EntityMessage> signals = [];
    private readonly List<OrchestrationStart> starts = [];
    private Task dispatch = Task.CompletedTask;

    public EntityBatch(
        EntityRecord entity,
        IReadOnlyList<EntityMessage> operations,
        OrchestrationServices services,
        TimeProvider time,
        Func<long> nextExecution,
        ILogger logger,
        CancellationToken stopping)
    {
        id = EntityInstanceId.FromString(entity.EntityId);
        State = entity.State;
        this.operations = operations;
        this.services = services;
        this.time = time;
        this.nextExecution = nextExecution;
        this.logger = logger;
        Stopping = stopping;
    }

    public string EntityId => id.ToString();

    /// <summary>Where the first of the operations comes from.</summary>
    public ActivityContext? Origin => operations.Count == 0 ? null : TraceText.Read(operations[0].Trace);

    /// <summary>Cancelled when the engine stops; the batch is then left for the next start.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>Where it is noted which operation runs; null while none does.</summary>
    public RunningSlot? Slot { get; set; }

    /// <summary>The state as JSON; null for none.</summary>
    public string? State { get; private set; }

    /// <summary>How the operations ended, in order.</summary>
    public IReadOnlyList<OperationOutcome> Outcomes => outcomes;

    public IReadOnlyList<EntityMessage> Signals => signals;

    public IReadOnlyList<OrchestrationStart> Starts => starts;

    /// <summary>Has an entity carry out the operations.</summary>
    /// <exception cref="InvalidOperationException">Another dispatch is under way.</exception>
    public Task DispatchAsync(ITaskEntity entity)
    {
        lock (gate)
        {
            if (!dispatch.IsCompleted)
                throw new InvalidOperationException($"The operations of entity '{id}' are being dispatched already.");
            return dispatch = RunAsync(entity);
        }
    }

    /// <summary>Ends the batch once the function has: waits for a dispatch that it did not wait for, and fails what was not carried out.</summary>
    /// <param name="thrown">What the function threw; null when it ended well.</param>
    public async Task EndAsync(Exception? thrown)
    {
        Task last;
        lock (gate)
            last = dispatch;
        await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var left = operations.Count - outcomes.Count;
        if (left == 0)
            return;
        Stopping.ThrowIfCancellationRequested();
        thrown ??= new InvalidOperationException($"The function of entity '{id}' ended without having dispatched the operation.");
        LogFunctionFailed(logger, thrown, EntityId, left);
        var failure = TaskFailureDetails.FromException(thrown);
        outcomes.AddRange(Enumerable.Repeat(new OperationOutcome(null, failure), left));
    }

    /// <summary>Fails all operations without running any.</summary>
    public void FailAll(TaskFailureDetails failure)
    {
        foreach (var operation in operations)
        {
            LogRefused(logger, operation.Operation, EntityId, failure.ErrorMessage);
            outcomes.Add(new OperationOutcome(null, failure));
        }
    }

    private async Task RunAsync(ITaskEntity entity)
    {
        // Away from the caller, who holds the gate.
        await Task.Yield();
        while (outcomes.Count < operations.Count)
        {
            Stopping.ThrowIfCancellationRequested();
            var operation = operations[outcomes.Count];
            Slot?.Switch(RunningWork.OfOperation(operation.Number));
            outcomes.Add(await RunAsync(entity, operation));
        }
    }

    private async Task<OperationOutcome> RunAsync(ITaskEntity entity, EntityMessage message)
    {
        var keepsFailures = !services.Settings.RollBackFailedOperations;
        var state = new LocalEntityState(services.Converter, State);
        var context = new LocalEntityContext(id, services, time, nextExecution, message.Trace);
        var span = services.Tracer.CarryOut(message, id, Now);
        OperationOutcome outcome;
        string? error = "The operation was cut short by the stop of the host.";
        try
        {
            var result = await entity.RunAsync(new LocalEntityOperation(message, services.Converter, state, context, keepsFailures));
            var json = services.Converter.Serialize(result) ?? "null";
            outcome = Refuse(json, $"result of operation '{message.Operation}'") ?? new OperationOutcome(json, null);
            error = outcome.Failure?.ErrorMessage;
        }
        catch (Exception exception) when (!Stopping.IsCancellationRequested)
        {
            LogFailed(logger, exception, message.Operation, EntityId);
            outcome = new OperationOutcome(null, TaskFailureDetails.FromException(exception));
            error = exception.Message;
        }

        finally
        {
            DurableTracer.EndOperation(span, Now, error);
        }

        var (sent, started) = context.Close();
        var tooLarge = Refuse(state.Json, $"state of entity '{id}'");
        if (tooLarge is null && (outcome.Failure is null || keepsFailures))
        {
            State = state.Json;
            signals.AddRange(sent);
            starts.AddRange(started);
        }

        return outcome.Failure is null && tooLarge is { } refusal ? refusal : outcome;
    }

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    private OperationOutcome? Refuse(string? json, string what)
    {
        if (services.Payloads.Refuse(json, what) is not { } refusal)
            return null;
        LogRefused(logger, null, EntityId, refusal);
        return new OperationOutcome(null, new TaskFailureDetails(FailureTypes.PayloadTooLarge, refusal, null, null, null));
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Operation '{Operation}' of entity '{EntityId}' failed")]
    private static partial void LogFailed(ILogger logger, Exception exception, string? operation, string entityId);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "Operation '{Operation}' of entity '{EntityId}' is refused: {Reason}")]
    private static partial void LogRefused(ILogger logger, string? operation, string entityId, string reason);

    [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message = "The function of entity '{EntityId}' failed; {Count} operations were not carried out")]
    private static partial void LogFunctionFailed(ILogger logger, Exception exception, string entityId, int count);
}
