using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>
/// One execution of an orchestrator in memory, driven by history events alone: committed ones are replayed and checked against what the code
/// does, new ones advance it by a turn. The live code may be kept between turns, or dropped and built again from the history.
/// </summary>
internal sealed class OrchestrationRun
{
    public const string IllegalAwaitMessage =
        "An invalid asynchronous invocation was detected. An orchestrator may await only tasks that its context gave it, "
        + "and no middleware before it may do asynchronous work.";

    /// <summary>The reason of the event that tells of code that was found to run outside of a turn.</summary>
    public const string ForeignAwait = nameof(ForeignAwait);

    private readonly IDurableFunctionInvoker functions;
    private readonly OrchestrationSynchronizationContext thread;
    private readonly LocalOrchestrationContext context;
    private readonly Action wake;
    private Task<object?>? body;
    private Exception? fatal;
    private volatile bool foreign;

    /// <param name="services">What all orchestrations share.</param>
    /// <param name="identity">The execution.</param>
    /// <param name="wake">Called, on any thread, when the code was found to run outside of a turn; the next turn fails the execution.</param>
    public OrchestrationRun(OrchestrationServices services, OrchestrationIdentity identity, Action wake)
    {
        functions = services.Functions;
        this.wake = wake;
        thread = new OrchestrationSynchronizationContext(ReportForeign);
        context = new LocalOrchestrationContext(services, identity, EnsureThread);
        Identity = identity;
    }

    public OrchestrationIdentity Identity { get; }

    /// <summary>The time of the first turn, UTC.</summary>
    public DateTime StartedAt => context.StartedAt;

    public string? CustomStatus => context.CustomStatus;

    /// <summary>What the code waits for beyond its calls and timers; null for nothing.</summary>
    public RecordedWaits? Waits => context.Events.Waits;

    /// <summary>Goes through committed history.</summary>
    public void Replay(IEnumerable<HistoryEvent> history)
    {
        context.SetReplaying(true);
        thread.Run(() =>
        {
            foreach (var item in history)
            {
                if (fatal is not null)
                    return;
                TryProcess(item, replaying: true);
            }
        });
        context.SetReplaying(false);
    }

    /// <summary>Processes new events, which begin with OrchestratorStarted, and tells what the code did.</summary>
    public Turn Advance(IEnumerable<HistoryEvent> events)
    {
        thread.Run(() =>
        {
            foreach (var item in events)
            {
                if (fatal is not null)
                    return;
                TryProcess(item, replaying: false);
            }
        });
        var outcome = Outcome();
        var actions = context.TakeActions();
        return new Turn(fatal is null ? actions : [], context.TakeCancelledTimers(), outcome);
    }

    private void TryProcess(HistoryEvent item, bool replaying)
    {
        try
        {
            Process(item, replaying);
        }
        catch (Exception exception)
        {
            // Comes from an async void method of the app: nothing awaits it, so it ends the execution.
            fatal = exception;
        }
    }

    private void Process(HistoryEvent item, bool replaying)
    {
        switch (item.Kind)
        {
            case HistoryEventKind.OrchestratorStarted:
                context.SetTime(item.Timestamp);
                break;
            case HistoryEventKind.ExecutionStarted:
                Start();
                break;
            case HistoryEventKind.TaskScheduled:
            case HistoryEventKind.TimerCreated:
            case HistoryEventKind.SubOrchestrationInstanceCreated:
            case HistoryEventKind.EventSent:
                fatal ??= context.Match(item);
                break;
            case HistoryEventKind.TaskCompleted:
            case HistoryEventKind.SubOrchestrationInstanceCompleted:
            case HistoryEventKind.TimerFired:
                context.Complete(item.TaskId!.Value, item.Result);
                break;
            case HistoryEventKind.TaskFailed:
            case HistoryEventKind.SubOrchestrationInstanceFailed:
                context.Fail(item.TaskId!.Value, item.Failure!);
                break;
            case HistoryEventKind.EventRaised when item.TaskId is { } id && item.Failure is { } failure:
                context.Fail(id, failure);
                break;
            case HistoryEventKind.EventRaised when item.TaskId is { } id:
                context.Complete(id, item.Result);
                break;
            case HistoryEventKind.EventRaised:
                context.Events.Raise(item);
                break;
            case HistoryEventKind.OrchestratorCompleted when replaying:
                fatal ??= context.FindSurplus();
                break;
            default:
                return;
        }

        thread.Drain();
    }

    private void Start()
    {
        try
        {
            body = functions.RunOrchestratorAsync(Identity.Name, context, Identity.Input);
        }
        catch (Exception exception)
        {
            body = Task.FromException<object?>(exception);
        }

        thread.Drain();
        if (!body.IsCompleted)
        {
            // An orchestrator that ends outside of a turn has left its thread, whatever it did before.
            _ = body.ContinueWith(
                _ =>
                {
                    if (!thread.IsCurrent)
                        ReportForeign();
                },
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }
    }

    private OrchestrationOutcome? Outcome()
    {
        if (fatal is not null)
            return Failed(fatal);
        if (foreign)
            return IllegalAwait();
        if (context.Violation is { } violation)
            return Failed(violation);
        if (body is null)
            return null;
        if (!body.IsCompleted)
            return context.IsWaiting ? null : IllegalAwait();
        if (body.IsCompletedSuccessfully)
        {
            if (context.Continuation is { } continuation)
            {
                return new OrchestrationOutcome(OrchestrationRuntimeStatus.ContinuedAsNew)
                {
                    NewInput = continuation.Input,
                    NewVersion = continuation.Version,
                    CarriedEvents = continuation.PreserveEvents ? context.Events.Unprocessed : [],
                };
            }

            try
            {
                return new OrchestrationOutcome(OrchestrationRuntimeStatus.Completed) { Output = context.SerializeOutput(body.Result) };
            }
            catch (Exception exception)
            {
                return Failed(exception);
            }
        }

        return Failed(body.IsCanceled ? new TaskCanceledException(body) : body.Exception!.InnerException!);
    }

    /// <summary>The end of an execution whose code awaits what is not durable.</summary>
    public static OrchestrationOutcome IllegalAwait() => Failed(new InvalidOperationException(IllegalAwaitMessage));

    private static OrchestrationOutcome Failed(Exception exception)
    {
        var failure = TaskFailureDetails.FromException(exception);
        if (exception is NonDeterministicOrchestrationException)
            failure = failure with { ErrorType = NonDeterministicOrchestrationException.ReportedType };
        return new OrchestrationOutcome(OrchestrationRuntimeStatus.Failed)
        {
            Failure = failure,
            FailedTaskId = FailedTask(exception) ?? FailedTask(exception.InnerException),
        };
    }

    private static int? FailedTask(Exception? exception) => exception switch
    {
        TaskFailedException failed => failed.TaskId,
        EntityOperationFailedException failed => failed.TaskId,
        _ => null,
    };

    private void EnsureThread()
    {
        if (thread.IsCurrent)
            return;
        ReportForeign();
        throw new InvalidOperationException(IllegalAwaitMessage);
    }

    private void ReportForeign()
    {
        if (foreign)
            return;
        foreign = true;
        wake();
    }
}
