using System.Globalization;
using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.History;

namespace Iml4e.LocalRuntime.Testing.Replay;

/// <summary>Refuses documents that no hub can have written, so that a replay meets only what it is made for.</summary>
internal static class HistoryCheck
{
    private const int MaxNameLength = 1024;

    /// <exception cref="HistoryFormatException">The document cannot be the record of an execution.</exception>
    public static void Check(OrchestrationHistoryDocument document)
    {
        if (document.Format != OrchestrationHistoryDocument.CurrentFormat)
            throw Wrong("format", $"is '{document.Format}'; this reader knows '{OrchestrationHistoryDocument.CurrentFormat}'");
        CheckName(document.Name, "name");
        CheckId(document.InstanceId, "instanceId");
        if (document.Events.Count == 0)
            throw Wrong("events", "is empty; an execution begins with OrchestratorStarted and ExecutionStarted");
        CheckEvents(document.Events);
    }

    private static void CheckEvents(IReadOnlyList<OrchestrationEvent> events)
    {
        var calls = new Dictionary<int, HistoryEventKind>();
        var open = false;
        var ended = false;
        var last = -1;
        for (var i = 0; i < events.Count; i++)
        {
            var item = events[i] ?? throw Wrong(Place(i), "is null");
            var kind = CheckFields(item, i);
            if (ended && kind != HistoryEventKind.OrchestratorCompleted)
                throw Wrong(Place(i), $"is {kind}; nothing follows the end of an execution");
            if (i == 1 && kind != HistoryEventKind.ExecutionStarted)
                throw Wrong(Place(i), $"is {kind}; the second event is ExecutionStarted");
            if (i > 1 && kind == HistoryEventKind.ExecutionStarted)
                throw Wrong(Place(i), "is a second ExecutionStarted");
            switch (kind)
            {
                case HistoryEventKind.OrchestratorStarted:
                    open = !open ? true : throw Wrong(Place(i), "is OrchestratorStarted within a turn");
                    break;
                case HistoryEventKind.GenericEvent when !open:
                    break;
                case var _ when !open:
                    throw Wrong(Place(i), $"is {kind} outside of a turn; a turn goes from OrchestratorStarted to OrchestratorCompleted");
                case HistoryEventKind.OrchestratorCompleted:
                    open = false;
                    break;
                case HistoryEventKind.ExecutionCompleted or HistoryEventKind.ContinueAsNew:
                    ended = true;
                    break;
            }

            if (kind != HistoryEventKind.ExecutionCompleted && item.EventId is { } id)
            {
                last = id > last ? id : throw Wrong(Place(i), Invariant($"has the sequence number {id}; it must be above {last}"));
                calls.Add(id, kind);
            }

            CheckAnswer(item, kind, calls, i);
        }
    }

    private static HistoryEventKind CheckFields(OrchestrationEvent item, int index)
    {
        if (!Enum.TryParse<HistoryEventKind>(item.Kind, out var kind) || !Enum.IsDefined(kind) || kind.ToString() != item.Kind)
            throw Wrong(Place(index) + ".kind", $"is '{item.Kind}'; a kind is one of {string.Join(", ", Enum.GetNames<HistoryEventKind>())}");
        if (index == 0 && kind != HistoryEventKind.OrchestratorStarted)
            throw Wrong(Place(index), $"is {kind}; the first event is OrchestratorStarted");
        switch (kind)
        {
            case HistoryEventKind.TaskScheduled:
                Need(item.EventId, "eventId");
                CheckName(item.Name, Place(index) + ".name");
                break;
            case HistoryEventKind.SubOrchestrationInstanceCreated or HistoryEventKind.EventSent:
                Need(item.EventId, "eventId");
                CheckName(item.Name, Place(index) + ".name");
                CheckName(item.InstanceId, Place(index) + ".instanceId");
                break;
            case HistoryEventKind.TimerCreated:
                Need(item.EventId, "eventId");
                Need(item.FireAt, "fireAt");
                break;
            case HistoryEventKind.EventRaised:
                CheckName(item.Name, Place(index) + ".name");
                break;
            case HistoryEventKind.TaskFailed or HistoryEventKind.SubOrchestrationInstanceFailed:
                Need(item.TaskId, "taskId");
                Need(item.Failure, "failure");
                break;
            case HistoryEventKind.TaskCompleted or HistoryEventKind.SubOrchestrationInstanceCompleted or HistoryEventKind.TimerFired:
                Need(item.TaskId, "taskId");
                break;
            case HistoryEventKind.ExecutionCompleted or HistoryEventKind.ContinueAsNew:
                Need(item.Status, "status");
                break;
        }

        if (item.Request is { } request && (kind != HistoryEventKind.EventSent || !Enum.GetNames<EntityRequestKind>().Contains(request)))
        {
            var known = string.Join(", ", Enum.GetNames<EntityRequestKind>());
            throw Wrong(Place(index) + ".request", $"is '{request}'; EventSent alone has it, and it is one of {known}");
        }

        if (item.EventId is < 0)
            throw Wrong(Place(index) + ".eventId", "is negative");
        for (var failure = item.Failure; failure is not null; failure = failure.InnerFailure)
        {
            if (failure.ErrorType is null || failure.ErrorMessage is null)
                throw Wrong(Place(index) + ".failure", "has no errorType or no errorMessage");
        }

        return kind;

        void Need(object? value, string field)
        {
            if (value is null)
                throw Wrong($"{Place(index)}.{field}", $"is missing; {kind} has it");
        }
    }

    private static void CheckAnswer(OrchestrationEvent item, HistoryEventKind kind, Dictionary<int, HistoryEventKind> calls, int index)
    {
        HistoryEventKind? call = kind switch
        {
            HistoryEventKind.TaskCompleted or HistoryEventKind.TaskFailed => HistoryEventKind.TaskScheduled,
            HistoryEventKind.TimerFired => HistoryEventKind.TimerCreated,
            HistoryEventKind.SubOrchestrationInstanceCompleted or HistoryEventKind.SubOrchestrationInstanceFailed =>
                HistoryEventKind.SubOrchestrationInstanceCreated,
            HistoryEventKind.EventRaised when item.TaskId is not null => HistoryEventKind.EventSent,
            _ => null,
        };
        if (call is not null && (!calls.TryGetValue(item.TaskId!.Value, out var made) || made != call))
            throw Wrong(Place(index) + ".taskId", Invariant($"is {item.TaskId}; no {call} before it has that sequence number"));
    }

    private static void CheckName(string? name, string place)
    {
        if (string.IsNullOrEmpty(name) || name.Length > MaxNameLength)
            throw Wrong(place, Invariant($"must have 1 to {MaxNameLength} characters"));
    }

    private static void CheckId(string id, string place)
    {
        try
        {
            InstanceIds.Check(id);
        }
        catch (ArgumentException exception)
        {
            throw Wrong(place, "is not an instance id: " + exception.Message);
        }
    }

    private static string Place(int index) => Invariant($"events[{index}]");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static HistoryFormatException Wrong(string place, string what) => new($"This is not a recorded history: {place} {what}.");
}
