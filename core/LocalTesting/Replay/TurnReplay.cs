using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Orchestrations;
using Iml4e.LocalRuntime.Durable.Storage;

namespace Iml4e.LocalRuntime.Testing.Replay;

/// <summary>Runs an orchestrator's code against its history, with the engine's own replay, and finds where it does something else.</summary>
internal sealed class TurnReplay(OrchestrationServices services, OrchestrationIdentity identity, ReplayComparison comparison)
{
    private readonly ActionWriter writer = new(services.Functions, static () => 0);

    /// <summary>The first difference; null when the code does what the history tells.</summary>
    /// <param name="history">The history, from the start of the execution.</param>
    /// <param name="everyPrefix">
    /// Whether the code is started anew for each turn and brought there by replay, which costs the square of the history's length; if not, it goes once through
    /// the turns and once through the replay of them all.
    /// </param>
    public ReplayDifference? FindDifference(IReadOnlyList<HistoryEvent> history, bool everyPrefix)
    {
        var turns = RecordedTurn.Split(history);
        OrchestrationRun? run = null;
        for (var i = 0; i < turns.Count; i++)
        {
            var turn = turns[i];
            if (!turn.IsComparable)
                break;
            if (run is null || everyPrefix)
            {
                run = CreateRun();
                run.Replay(history.Take(turn.Start));
            }

            if (Compare(i + 1, turn, run.Advance(turn.Inputs)) is { } difference)
                return difference;
        }

        // The turn that ends an execution is committed with its end, and never replayed.
        var committed = turns.TakeWhile(turn => turn.End is null).Count();
        return ReplayAll(committed < turns.Count ? history.Take(turns[committed].Start) : history, committed);
    }

    private OrchestrationRun CreateRun() => new(services, identity, static () => { });

    /// <summary>Replays all turns as committed ones, as a restarted engine does before it goes on.</summary>
    private ReplayDifference? ReplayAll(IEnumerable<HistoryEvent> history, int turns)
    {
        var run = CreateRun();
        run.Replay(history);
        return Contradiction(run.Advance([])) is { } contradiction ? new ReplayDifference(turns, null, null, contradiction) : null;
    }

    private ReplayDifference? Compare(int number, RecordedTurn turn, Turn replayed)
    {
        if (Contradiction(replayed) is { } contradiction)
            return new ReplayDifference(number, null, null, FormattableString.Invariant($"Before turn {number}: {contradiction}"));
        var actions = AsHistory(replayed, turn.Inputs[^1].Timestamp);
        var because = replayed.Outcome?.Failure is { } failure ? $"The code failed there: {failure}" : null;
        for (var i = 0; i < Math.Max(turn.Actions.Count, actions.Count); i++)
        {
            var recorded = i < turn.Actions.Count ? turn.Actions[i] : null;
            var asked = i < actions.Count ? actions[i] : null;
            if (recorded is null || asked is null || !AreSame(recorded, asked))
                return ReplayDifference.Of(number, View(recorded), View(asked), because);
        }

        return CompareEnds(number, turn, replayed.Outcome);
    }

    private ReplayDifference? CompareEnds(int number, RecordedTurn turn, OrchestrationOutcome? outcome)
    {
        var recorded = turn.End is { } end ? new OrchestrationOutcome(end.Status!.Value) { Output = end.Result, Failure = end.Failure } : null;
        if (recorded?.Status == outcome?.Status && (comparison == ReplayComparison.Engine || recorded?.Output == (outcome?.NewInput ?? outcome?.Output)))
            return null;
        return new ReplayDifference(
            number,
            View(turn.End),
            null,
            FormattableString.Invariant($"Turn {number}: recorded is that {Describe(recorded)}, with today's code {Describe(outcome)}."));
    }

    private bool AreSame(HistoryEvent recorded, HistoryEvent asked) => recorded.Kind == asked.Kind
        && recorded.EventId == asked.EventId
        && string.Equals(recorded.Name, asked.Name, StringComparison.OrdinalIgnoreCase)
        && (comparison == ReplayComparison.Engine
            ? AreSameEntities(recorded, asked)
            : recorded with { Timestamp = asked.Timestamp, Name = asked.Name } == asked);

    /// <summary>Whether two calls ask the same of the same entities, if they ask any; the engine checks that too.</summary>
    private static bool AreSameEntities(HistoryEvent recorded, HistoryEvent asked) => recorded.Request == asked.Request
        && (asked.Request is null || recorded.InstanceId == asked.InstanceId)
        && (asked.Request is not (EntityRequestKind.Lock or EntityRequestKind.Unlock) || recorded.Input == asked.Input);

    /// <summary>The actions as the events that the engine would write of them.</summary>
    private List<HistoryEvent> AsHistory(Turn turn, DateTime now)
    {
        var instance = new InstanceRecord
        {
            InstanceId = identity.InstanceId,
            Execution = 0,
            Name = identity.Name,
            Status = OrchestrationRuntimeStatus.Running,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var commit = new WorkItemCommit(instance, now);
        foreach (var action in turn.Actions)
            writer.Add(commit, action, turn.CancelledTimers);
        return commit.History;
    }

    private static string? Contradiction(Turn turn) =>
        turn.Outcome?.Failure is { ErrorType: NonDeterministicOrchestrationException.ReportedType } failure ? failure.ErrorMessage : null;

    private static OrchestrationEvent? View(HistoryEvent? item) => item is null ? null : OrchestrationEvent.Of(item);

    private static string Describe(OrchestrationOutcome? outcome) => outcome switch
    {
        null => "the orchestration goes on",
        { Failure: { } failure } => $"it ends {outcome.Status}: {failure}",
        _ => $"it ends {outcome.Status} with {Simulation.Shortened.Of(outcome.NewInput ?? outcome.Output)}",
    };
}
