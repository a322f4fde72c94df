using Iml4e.LocalRuntime.Durable.History;

namespace Iml4e.Tests.Unit.LocalTesting;

/// <summary>
/// Histories as they would be had the code been another when they were recorded: what today's code does is then a contradiction. Sequence numbers and answers
/// are moved along, so that the history is one that can have happened.
/// </summary>
internal static class HistoryPlants
{
    public static readonly IReadOnlyList<string> Kinds = ["name", "kind", "order", "fewer", "more"];

    /// <summary>Plants a contradiction at a random place.</summary>
    public static List<HistoryEvent> Plant(string kind, IReadOnlyList<HistoryEvent> history, Random random) => kind switch
    {
        "name" => Rename(history, random),
        "kind" => ChangeKind(history, random),
        "order" => Swap(history, random),
        "fewer" => Insert(history, random),
        "more" => Remove(history, random),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>The code called something else: the name differs.</summary>
    private static List<HistoryEvent> Rename(IReadOnlyList<HistoryEvent> history, Random random)
    {
        var place = Pick(history, random, item => item.EventId is not null && item.Name is not null);
        return Replace(history, place, history[place] with { Name = history[place].Name + "Before" });
    }

    /// <summary>The code called an activity where it now sets a timer, or set a timer where it now calls something.</summary>
    private static List<HistoryEvent> ChangeKind(IReadOnlyList<HistoryEvent> history, Random random)
    {
        var place = Pick(history, random, item => item.EventId is not null);
        var call = history[place];
        var (kind, answer) = call.Kind == HistoryEventKind.TimerCreated
            ? (HistoryEventKind.TaskScheduled, HistoryEventKind.TaskCompleted)
            : (HistoryEventKind.TimerCreated, HistoryEventKind.TimerFired);
        var changed = Replace(history, place, call with
        {
            Kind = kind,
            Request = null,
            Name = kind == HistoryEventKind.TaskScheduled ? "Before" : null,
            FireAt = kind == HistoryEventKind.TimerCreated ? call.Timestamp : null,
        });
        return [.. changed.Select(item => IsAnswer(item) && item.TaskId == call.EventId ? item with { Kind = answer, Failure = null } : item)];
    }

    /// <summary>The code made two different neighbouring calls the other way round.</summary>
    private static List<HistoryEvent> Swap(IReadOnlyList<HistoryEvent> history, Random random)
    {
        var calls = Enumerable.Range(0, history.Count).Where(i => history[i].EventId is not null).ToList();
        var pairs = calls.Zip(calls.Skip(1)).Where(pair => Differ(history[pair.First], history[pair.Second])).ToList();
        var (first, second) = pairs[random.Next(pairs.Count)];
        var (one, other) = (history[first].EventId!.Value, history[second].EventId!.Value);
        var swapped = new List<HistoryEvent>(history) { [first] = history[second] with { EventId = one }, [second] = history[first] with { EventId = other } };

        // An answer in between, to the call that now comes later, has no place any more; nor has it any effect on what is asked of the code before it.
        return [.. swapped.Where((item, i) => !(IsAnswer(item) && i > first && i < second && item.TaskId == one))
            .Select(item => IsAnswer(item) && (item.TaskId == one || item.TaskId == other) ? item with { TaskId = item.TaskId == one ? other : one } : item)];
    }

    /// <summary>The code made a call that it does not make now.</summary>
    private static List<HistoryEvent> Insert(IReadOnlyList<HistoryEvent> history, Random random)
    {
        var place = Pick(history, random, item => item.EventId is not null);
        var id = history[place].EventId!.Value;
        var changed = new List<HistoryEvent>(Shift(history, id, 1));
        changed.Insert(place, new HistoryEvent(HistoryEventKind.TaskScheduled, history[place].Timestamp) { EventId = id, Name = "Before" });
        return changed;
    }

    /// <summary>The code did not make a call that it makes now.</summary>
    private static List<HistoryEvent> Remove(IReadOnlyList<HistoryEvent> history, Random random)
    {
        var id = history[Pick(history, random, item => item.EventId is not null)].EventId!.Value;
        return [.. Shift(history.Where(item => item.EventId != id && !(IsAnswer(item) && item.TaskId == id)), id, -1)];
    }

    private static IEnumerable<HistoryEvent> Shift(IEnumerable<HistoryEvent> history, int from, int by) => history.Select(item =>
        item.EventId >= from ? item with { EventId = item.EventId + by }
        : IsAnswer(item) && item.TaskId >= from ? item with { TaskId = item.TaskId + by }
        : item);

    private static List<HistoryEvent> Replace(IReadOnlyList<HistoryEvent> history, int place, HistoryEvent item) => new(history) { [place] = item };

    private static int Pick(IReadOnlyList<HistoryEvent> history, Random random, Func<HistoryEvent, bool> fits)
    {
        var places = Enumerable.Range(0, history.Count).Where(i => fits(history[i])).ToList();
        return places[random.Next(places.Count)];
    }

    private static bool Differ(HistoryEvent one, HistoryEvent other) => one.Kind != other.Kind || one.Name != other.Name;

    private static bool IsAnswer(HistoryEvent item) => item.TaskId is not null && item.Kind != HistoryEventKind.ExecutionCompleted;
}
