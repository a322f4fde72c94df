using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Orchestrations;

namespace Iml4e.LocalRuntime.Testing.Replay;

/// <summary>One work item of a history: what arrived, what the code asked for, and how the execution ended if it did.</summary>
internal sealed class RecordedTurn
{
    private static readonly HashSet<string> Refusals = new(StringComparer.Ordinal)
    {
        NonDeterministicOrchestrationException.ReportedType, FailureTypes.OrchestratorNotFound, FailureTypes.VersionMismatch,
    };

    /// <summary>The place of its first event in the history.</summary>
    public required int Start { get; init; }

    /// <summary>The events that the code was given.</summary>
    public required IReadOnlyList<HistoryEvent> Inputs { get; init; }

    /// <summary>The calls that the code made, by sequence number.</summary>
    public required IReadOnlyList<HistoryEvent> Actions { get; init; }

    /// <summary>The end of the execution; null when it goes on.</summary>
    public HistoryEvent? End { get; init; }

    /// <summary>
    /// Whether the code had its say. It has none in a turn that ends by termination, by a host that refuses the instance, or by code that was caught outside of
    /// its thread or in a contradiction to its history: what it would do there says nothing.
    /// </summary>
    public bool IsComparable => !Inputs.Any(item => item.Kind == HistoryEventKind.ExecutionTerminated || item.Reason == OrchestrationRun.ForeignAwait)
        && (End?.Failure is not { } failure || (!Refusals.Contains(failure.ErrorType) && failure.ErrorMessage != OrchestrationRun.IllegalAwaitMessage));

    /// <summary>Cuts a history into its turns.</summary>
    public static List<RecordedTurn> Split(IReadOnlyList<HistoryEvent> history)
    {
        var turns = new List<RecordedTurn>();
        var start = 0;
        while (start < history.Count)
        {
            // What stands between two turns, such as the mark of a rewind, goes with the later one.
            var next = start;
            while (next < history.Count && history[next].Kind != HistoryEventKind.OrchestratorStarted)
                next++;
            next++;
            while (next < history.Count && history[next - 1].Kind != HistoryEventKind.OrchestratorCompleted)
                next++;
            next = Math.Min(next, history.Count);
            turns.Add(Of(history, start, next));
            start = next;
        }

        return turns;
    }

    private static RecordedTurn Of(IReadOnlyList<HistoryEvent> history, int start, int end)
    {
        var inputs = new List<HistoryEvent>();
        var actions = new List<HistoryEvent>();
        HistoryEvent? completed = null;
        for (var i = start; i < end; i++)
        {
            var item = history[i];
            if (item.Kind is HistoryEventKind.ExecutionCompleted or HistoryEventKind.ContinueAsNew)
                completed = item;
            else if (item.EventId is not null)
                actions.Add(item);
            else if (item.Kind != HistoryEventKind.OrchestratorCompleted)
                inputs.Add(item);
        }

        return new RecordedTurn { Start = start, Inputs = inputs, Actions = actions, End = completed };
    }
}
